"""Hypothesis strategies: parsed fields, and what random operators could have made of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from morphaug.derivation import Derivation
from morphaug.trees import Sentence, Token

# Letters with case, letters without, a combining mark, an emoji, a digit: what real text is made of.
LETTERS = "abEöİ中e\u0301\U0001f600\U0001f1eb7"
MARKS = (".", ",", '"', "(", "…", "—")
SPACES = (" ", " ", " ", "", "  ", "\u00a0", "\n")
KINDS = ("PER", "ORG", "LOC")

forms: SearchStrategy[str] = st.text(LETTERS, min_size=1, max_size=6)


@st.composite
def sentences(draw: DrawFn, max_tokens: int = 7) -> Sentence:
    """A sentence as a parser gives it: a tree, ids 1..n, each word its own source."""
    count = draw(st.integers(0, max_tokens))
    # A tree by construction: the words in some order, each after the first headed by an earlier one.
    order = draw(st.permutations(range(1, count + 1)))
    heads = {node: (0 if at == 0 else order[draw(st.integers(0, at - 1))]) for at, node in enumerate(order)}
    tokens = []
    for i in range(1, count + 1):
        mark = draw(st.integers(0, 4)) == 0
        form = draw(st.sampled_from(MARKS)) if mark else draw(forms)
        upos = "PUNCT" if mark else draw(st.sampled_from(("NOUN", "VERB", "ADP", "DET", "PROPN", "PUNCT")))
        space = draw(st.sampled_from(SPACES)) if i < count else ""
        relation = "root" if heads[i] == 0 else "dep"
        tokens.append(Token(i, form, form.lower(), upos, {}, heads[i], relation, space, (i,)))
    margins = st.sampled_from(("", "", " ", "\n\n"))
    return Sentence(tokens, lead=draw(margins), tail=draw(margins))


def fields(max_sentences: int = 3) -> SearchStrategy[tuple[Sentence, ...]]:
    """The sentences of a field."""
    return st.lists(sentences(), max_size=max_sentences).map(tuple)


@st.composite
def edits(draw: DrawFn, source: Sentence) -> Sentence:
    """A sentence that operators could have made: dropped, absorbed, divided, changed, added and moved words."""
    words = [t.copy() for t in source.tokens]
    dropped = dict(source.dropped)
    fresh = len(words) + 1
    for _ in range(draw(st.integers(0, 5))):
        action = draw(
            st.sampled_from(("drop", "absorb", "divide", "change", "phrase", "add", "move", "shuffle"))
        )
        if action == "add":
            at = draw(st.integers(0, len(words)))
            upos = draw(st.sampled_from(("AUX", "PART", "PRON")))
            words.insert(at, Token(fresh, draw(forms), "new", upos, {}, 0, "dep", " ", (), ("add",), "table"))
            fresh += 1
            continue
        if not words:
            continue
        at = draw(st.integers(0, len(words) - 1))
        word = words[at]
        if action == "drop":
            words.pop(at)
            still = {i for w in words for i in w.src}
            dropped |= {i: "drop" for i in word.src if i not in still}
        elif action == "absorb" and len(words) > 1:
            words.pop(at)
            host = words[draw(st.integers(0, len(words) - 1))]
            host.src += tuple(i for i in word.src if i not in host.src)
            host.form += "ssa"
            host.rules += ("absorb",)
        elif action == "divide":
            twin = word.copy()
            twin.id, twin.form, fresh = fresh, draw(forms), fresh + 1
            words.insert(at + 1, twin)
        elif action == "change":
            word.form, word.how, word.rules = draw(forms), "learned", (*word.rules, "change")
        elif action == "phrase":
            word.form, word.rules = f"{draw(forms)} {draw(forms)}", (*word.rules, "phrase")
        elif action == "move":
            words.insert(draw(st.integers(0, len(words) - 1)), words.pop(at))
        elif action == "shuffle":
            words = list(draw(st.permutations(words)))
    for at, word in enumerate(words):
        word.space = "" if at == len(words) - 1 else draw(st.sampled_from(SPACES))
    return Sentence(words, source.lead, draw(st.sampled_from((source.tail, " "))), source.id, dropped)


def parse(text: str) -> tuple[Sentence, ...]:
    """A flat tree for any text: words, signs, and sentences that end with a full stop; no letter is lost."""
    out: list[Sentence] = []
    for stretch in re.findall(r"[^.]*\.\s*|[^.]+", text):
        words = list(re.finditer(r"\w+|[^\w\s]", stretch))
        if not words:
            out.append(Sentence([], lead=stretch))
            continue
        tokens = [
            Token(i, m[0], m[0].lower(), "NOUN" if m[0].isalnum() else "PUNCT", {}, int(i > 1), "dep",
                  stretch[m.end() : words[i].start()] if i < len(words) else "", (i,))
            for i, m in enumerate(words, 1)
        ]  # fmt: skip
        out.append(Sentence(tokens, stretch[: words[0].start()], stretch[words[-1].end() :]))
    return tuple(out)


@st.composite
def edited(draw: DrawFn, source: tuple[Sentence, ...]) -> Derivation:
    """What random operators made of a field."""
    return Derivation(source, tuple(draw(edits(s)) for s in source))


@st.composite
def derivations(draw: DrawFn, max_sentences: int = 3) -> Derivation:
    """A field and what random operators made of it."""
    return draw(edited(draw(fields(max_sentences))))


@st.composite
def entity_tags(draw: DrawFn, count: int, scheme: str = "IOB2") -> list[str]:
    """Valid entity tags for ``count`` tokens, in IOB1, IOB2, BIOES or BILOU."""
    tags: list[str] = []
    before = ""
    while len(tags) < count:
        kind = draw(st.sampled_from(("", *KINDS)))
        size = min(draw(st.integers(1, 3)), count - len(tags))
        if not kind:
            tags += ["O"] * size
        elif scheme == "IOB1":
            tags += [f"{'B' if before == kind else 'I'}-{kind}"] + [f"I-{kind}"] * (size - 1)
        elif scheme == "IOB2":
            tags += [f"B-{kind}"] + [f"I-{kind}"] * (size - 1)
        else:
            end, single = ("E", "S") if scheme == "BIOES" else ("L", "U")
            inner = [f"I-{kind}"] * (size - 2)
            tags += [f"{single}-{kind}"] if size == 1 else [f"B-{kind}", *inner, f"{end}-{kind}"]
        before = kind
    return tags


def read_entities(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """(type, start, end) of the entities of *valid* tags; an oracle written apart from the library.

    Raises:
        AssertionError: A tag cannot follow the one before it (in IOB2, BIOES and BILOU).
    """
    out: list[tuple[str, int, int]] = []
    open_kind, start = "", 0
    closes = {t[0] for t in tags if t != "O"} & set("ESLU")
    for at, tag in enumerate([*tags, "O"]):
        letter, _, kind = tag.partition("-")
        if letter in "IEL":
            assert open_kind == kind, f"{tag} at {at} continues nothing in {tags}"
        elif open_kind:
            assert not closes, f"{open_kind} not closed before {at} in {tags}"
            out.append((open_kind, start, at))
            open_kind = ""
        if letter in "BSU":
            open_kind, start = kind, at
        if letter in "ESLU":
            out.append((open_kind, start, at + 1))
            open_kind = ""
    return out
