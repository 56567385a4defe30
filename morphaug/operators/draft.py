"""The working copy that a chain of operators edits: one per sentence, so that a recipe of ten steps indexes a tree once."""

from __future__ import annotations

from morphaug.trees import Feats, Sentence, Token, universal


class Draft:
    """A sentence under change. The sentence it came from is never touched.

    Words are looked up by id; a word is copied when it is first changed. ``order`` holds the ids in
    surface order, ``children`` the dependents of each id (in no promised order once words move).
    """

    __slots__ = ("_lemmas", "children", "dropped", "fresh", "moved", "order", "source", "words")

    def __init__(self, source: Sentence) -> None:
        self.source = source
        self.words: dict[int, Token] = {}
        self.order: list[int] = []
        self.children: dict[int, list[int]] = {0: []}
        self.dropped: dict[int, str] = dict(source.dropped)
        self.fresh: set[int] = set()  # ids whose Token is ours to change
        self.moved = False
        self._lemmas: dict[int, str] | None = None
        words, order, children = self.words, self.order, self.children
        for token in source.tokens:
            key = token.id
            words[key] = token
            order.append(key)
            if token.head in children:
                children[token.head].append(key)
            else:
                children[token.head] = [key]

    def change(self, key: int, rule: str) -> Token:
        """The word ``key``, ours to change, with ``rule`` on its record."""
        token = self.words[key]
        if key not in self.fresh:
            token = token.copy()
            self.words[key] = token
            self.fresh.add(key)
        if rule not in token.rules:
            token.rules = (*token.rules, rule)
        return token

    def want(self, key: int, rule: str, **features: str) -> Token:
        """``require`` for features whose names are words."""
        return self.require(key, rule, features)

    def require(self, key: int, rule: str, features: Feats) -> Token:
        """Ask that the word express more target-language features when it is realised."""
        token = self.change(key, rule)
        token.want = {**(token.want or {}), **features}
        return token

    def kids(self, key: int, *relations: str) -> list[Token]:
        """The dependents of a word, all or those in any of the given universal relations."""
        ids = self.children.get(key)
        if not ids:
            return []
        words = self.words
        if not relations:
            return [words[k] for k in ids]
        found = []
        for k in ids:
            token = words[k]
            if universal(token.deprel) in relations:
                found.append(token)
        return found

    def drop(self, key: int, rule: str, into: int | None = None) -> bool:
        """Take a word out. Its dependents go to its head; ``into`` names the word that now expresses it.

        The last word of a sentence stays, so that no sentence comes out empty. Returns whether it went.
        """
        if len(self.order) == 1:
            return False
        token = self.words.pop(key)
        self.order.remove(key)
        orphans = self.children.pop(key, [])
        heir = token.head
        siblings = self.children[heir]
        siblings.remove(key)
        if heir == 0 and orphans:  # somebody has to be the root
            heir = orphans[0]
            self._attach(heir, 0, token.deprel)
            orphans = orphans[1:]
        for orphan in orphans:
            self._attach(orphan, heir, self.words[orphan].deprel)
        if into is not None and into in self.words:
            self.change(into, rule).src += token.src
        else:
            for src in token.src:
                self.dropped[src] = rule
        self.fresh.discard(key)
        return True

    def _attach(self, key: int, head: int, deprel: str) -> None:
        token = self.words[key]
        if key not in self.fresh:  # a new head alone is no edit of the word
            token = token.copy()
            self.words[key] = token
            self.fresh.add(key)
        token.head, token.deprel = head, deprel
        self.children.setdefault(head, []).append(key)

    def insert(self, token: Token, at: int) -> None:
        """Put a new word (with an id from ``new_id``) at position ``at`` of the surface order."""
        self.words[token.id] = token
        self.fresh.add(token.id)
        self.order.insert(at, token.id)
        self.children.setdefault(token.head, []).append(token.id)

    def new_id(self) -> int:
        return max(max(self.words), max((t.id for t in self.source.tokens), default=0)) + 1

    def english(self, token: Token) -> str:
        """The source lemma behind a word, in lower case, however it was translated since."""
        if not token.rules or not token.src:
            return token.lemma.lower()
        if self._lemmas is None:
            self._lemmas = {t.id: t.lemma.lower() for t in self.source.tokens}
        return self._lemmas.get(token.src[0], "")

    @property
    def changed(self) -> bool:
        return bool(self.fresh) or self.moved or len(self.dropped) > len(self.source.dropped)

    def sentence(self) -> Sentence:
        """The edited sentence; the very source if nothing was done."""
        if not self.changed:
            return self.source
        source = self.source
        tokens = [self.words[key] for key in self.order]
        return Sentence(tokens, source.lead, source.tail, source.id, self.dropped, source.comments)
