"""ClearNLP dependencies, which spaCy's English models speak, as Universal Dependencies.

========================  =====================================================================
ClearNLP                  Universal Dependencies
========================  =====================================================================
prep + pobj               the noun takes the preposition's place: ``obl`` below a verb, adjective or
                          adverb, ``nmod`` below a noun; the preposition is its ``case``
agent + pobj              ``obl:agent``
prep + pcomp              a verb: ``advcl`` or ``acl`` with ``mark``; anything else as prep + pobj
prep alone                ``obl``
dative                    ``iobj``; with a preposition ``obl``
be + attr, acomp          the predicate takes the verb's place, the verb is its ``cop``
be + prep, here, there    likewise, where there is no other predicate
be + expl + attr          ``nsubj``, the verb stays
attr, acomp, oprd         ``xcomp`` below other verbs
ccomp with subject + to   ``xcomp``, its subject the ``obj`` of the verb above ("want him to go")
conj, cc                  all conjuncts below the first, ``cc`` and commas below the next one
aux "to"                  ``mark``
npadvmod                  ``obl:unmarked``; below a noun ``nmod:unmarked``
dobj                      ``obj``
nsubjpass, csubjpass      ``nsubj:pass``, ``csubj:pass``
auxpass                   ``aux:pass``
relcl                     ``acl:relcl``
poss                      ``nmod:poss``
neg, quantmod             ``advmod``
prt                       ``compound:prt``
predet, preconj           ``det:predet``, ``cc:preconj``
intj, meta                ``discourse``, ``dep``
the rest                  as it is
========================  =====================================================================

Sources: the two label sets' own guidelines (ClearNLP: Choi and Palmer 2012; universaldependencies.org).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_SAME_PLACE = {
    "dobj": "obj",
    "nsubjpass": "nsubj:pass",
    "csubjpass": "csubj:pass",
    "auxpass": "aux:pass",
    "relcl": "acl:relcl",
    "poss": "nmod:poss",
    "neg": "advmod",
    "quantmod": "advmod",
    "prt": "compound:prt",
    "predet": "det:predet",
    "preconj": "cc:preconj",
    "intj": "discourse",
    "meta": "dep",
    "attr": "xcomp",
    "acomp": "xcomp",
    "oprd": "xcomp",
    "dative": "iobj",
    "agent": "obl:agent",
    "prep": "obl",
    "pobj": "obl",
    "pcomp": "advcl",
    "ROOT": "root",
    "": "dep",
}
_NOMINAL = {"NOUN", "PROPN", "PRON", "NUM", "SYM", "DET"}
_CLAUSAL = {"VERB", "AUX"}
_PLACES = {"here", "there", "where", "how"}


class Word(NamedTuple):
    """A word as spaCy has it; ``head`` is the 0-based index of a word of the sentence, -1 for the root."""

    form: str
    lemma: str
    upos: str
    tag: str
    head: int
    dep: str


def to_ud(words: Sequence[Word]) -> list[tuple[int, str]]:
    """Heads and relations of a sentence in Universal Dependencies.

    Args:
        words: The sentence; its heads form a tree.

    Returns:
        (head, relation) of each word; heads as in ``Word``. They form a tree with the same words.
    """
    tree = _Tree(words)
    order = sorted(range(len(words)), key=tree.depth, reverse=True)  # the lowest first
    for i in order:
        tree.lift_object(i)
    for i in order:
        tree.lift_predicate(i)
    for i in order:
        tree.raise_subject(i)
    tree.flatten_conjuncts()
    return [(head, tree.label(i)) for i, head in enumerate(tree.head)]


class _Tree:
    """The tree while it is rewritten; each step keeps it one."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words
        self.head = [word.head for word in words]
        self.dep = [word.dep for word in words]
        self.kids: list[list[int]] = [[] for _ in words]
        self.lifted: set[int] = set()  # nouns that took a preposition's place
        for i, head in enumerate(self.head):
            if head >= 0:
                self.kids[head].append(i)

    def depth(self, i: int) -> int:
        steps = 0
        while i >= 0:
            i = self.head[i]
            steps += 1
        return steps

    def move(self, i: int, head: int, dep: str) -> None:
        if self.head[i] >= 0:
            self.kids[self.head[i]].remove(i)
        self.head[i], self.dep[i] = head, dep
        if head >= 0:
            self.kids[head].append(i)
            self.kids[head].sort()

    def child(self, i: int, *deps: str) -> int:
        return next((k for k in self.kids[i] if self.dep[k] in deps), -1)

    def lift(self, i: int, over: int, dep: str, becomes: str) -> None:
        """Puts ``i`` in the place of its head ``over``, which becomes its dependent."""
        self.move(i, self.head[over], dep)
        for kid in list(self.kids[over]):
            if kid != i:
                self.move(kid, i, self.dep[kid])
        self.move(over, i, becomes)

    def lift_object(self, i: int) -> None:
        """prep + pobj, pcomp: the object takes the preposition's place."""
        dep, words = self.dep[i], self.words
        thing = self.child(i, "pobj")
        clause = self.child(i, "pcomp")
        if thing < 0 and clause < 0 and dep in ("prep", "agent"):
            # "out of the house": the lower preposition's noun is the upper one's object.
            thing = next((k for k in self.kids[i] if k in self.lifted and self.dep[k] in ("obl", "nmod")), -1)
        above = words[self.head[i]].upos if self.head[i] >= 0 else ""
        if thing >= 0 and dep not in ("aux", "auxpass"):
            if dep == "prep":
                dep = "nmod" if above in _NOMINAL else "obl"
            elif dep == "agent":
                dep = "obl:agent"
            elif dep == "dative":
                dep = "obl"
            self.lift(thing, i, dep, "case")
            self.lifted.add(thing)
        elif clause >= 0 and dep in ("prep", "agent", "conj", "ROOT"):
            verbal = words[clause].upos in _CLAUSAL
            if dep in ("prep", "agent"):
                if verbal:
                    dep = "acl" if above in _NOMINAL else "advcl"
                else:
                    dep = "nmod" if above in _NOMINAL else "obl"
            self.lift(clause, i, dep, "mark" if verbal else "case")

    def lift_predicate(self, i: int) -> None:
        """be + predicate: the predicate takes the verb's place."""
        word = self.words[i]
        if (
            word.lemma != "be"
            or word.upos not in _CLAUSAL
            or self.dep[i] in ("aux", "auxpass", "case", "mark")
        ):
            return
        if self.child(i, "expl") >= 0:
            there_is = self.child(i, "attr")
            if there_is >= 0:
                self.dep[there_is] = "nsubj"
            return
        predicate = self.child(i, "attr", "acomp")
        if predicate < 0 and self.child(i, "dobj", "ccomp", "xcomp", "oprd") < 0:
            predicate = next(
                (
                    k
                    for k in self.kids[i]
                    if (self.dep[k] == "obl" and k in self.lifted and k > i)
                    or (self.dep[k] == "advmod" and self.words[k].lemma.lower() in _PLACES)
                ),
                -1,
            )
        if predicate >= 0:
            self.lift(predicate, i, self.dep[i], "cop")

    def raise_subject(self, i: int) -> None:
        """ "want him to go": ccomp with a subject and "to" is xcomp, the subject an object."""
        above = self.head[i]
        if self.dep[i] != "ccomp" or above < 0 or self.words[above].upos != "VERB":
            return
        subject = self.child(i, "nsubj")
        infinitive = any(self.words[k].tag == "TO" and self.dep[k] == "aux" for k in self.kids[i])
        if infinitive and above < subject < i and self.child(above, "dobj") < 0:
            self.dep[i] = "xcomp"
            self.move(subject, above, "dobj")

    def flatten_conjuncts(self) -> None:
        """Conjuncts below the first one; conjunctions and commas below the conjunct they introduce."""
        for i in range(len(self.head)):
            if self.dep[i] == "conj":
                first = self.head[i]
                while first >= 0 and self.dep[first] == "conj":
                    first = self.head[first]
                if first >= 0 and first != self.head[i] and self.head[first] != i:
                    for kid in list(self.kids[self.head[i]]):
                        joins = self.dep[kid] == "cc" or self.words[kid].form in (",", ";")
                        if joins and self.head[i] < kid < i:
                            self.move(kid, first, self.dep[kid])
                    self.move(i, first, "conj")
        for i in range(len(self.head)):
            conjuncts = [k for k in self.kids[i] if self.dep[k] == "conj" and k > i]
            if not conjuncts:
                continue
            for kid in list(self.kids[i]):
                comma = self.dep[kid] == "punct" and self.words[kid].form in (",", ";")
                if kid > i and (self.dep[kid] == "cc" or comma):
                    following = next((c for c in conjuncts if c > kid), -1)
                    if following >= 0:
                        self.move(kid, following, self.dep[kid])

    def label(self, i: int) -> str:
        dep = self.dep[i]
        if self.head[i] < 0:
            return "root"
        if dep == "aux" and self.words[i].tag == "TO":
            return "mark"
        if dep == "npadvmod":
            return "nmod:unmarked" if self.words[self.head[i]].upos in _NOMINAL else "obl:unmarked"
        return _SAME_PLACE.get(dep, dep)
