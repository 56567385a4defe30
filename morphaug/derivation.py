"""What became of a field: its output words with their sources, and every label that follows from them.

A ``Derivation`` pairs the parsed sentences of one field with the sentences that the operators made of
them. Text, character alignment, answer spans, token tags and provenance are all read off that pair, in
this module and nowhere else, so that a label can only be right or rejected with a reason.

The sentences stand in step: output words of sentence *i* name source tokens of sentence *i*.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from morphaug.errors import MorphaugError
from morphaug.trees import Sentence, Token, longest_run

UPOS = frozenset(
    {
        *("ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM"),
        *("PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X"),
    }
)

Fate = Literal["carried", "widened"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why something cannot be carried through.

    Attributes:
        reason: A short snake_case code, for counting ("discontinuous").
        detail: What a person needs to see the case ("'of' stands between 'Bank' and 'America'").
    """

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the output text, [start, end) in characters.

    Attributes:
        start, end: Offsets into ``Derivation.text``; the slice is neither empty nor padded with white
            space, unless the whole derivation left the text untouched.
        fate: "carried" if it covers what the source span covered, "widened" if it had to grow to whole
            words (the source span cut a word that has changed since).
    """

    start: int
    end: int
    fate: Fate


class _Layout:
    """The words of several sentences in one row, with their offsets in the joined text."""

    __slots__ = ("bounds", "ends", "sentence", "starts", "text", "tokens")

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        tokens: list[Token] = []
        starts: list[int] = []
        ends: list[int] = []
        owner: list[int] = []
        bounds = [0]
        parts: list[str] = []
        at = 0
        for number, sentence in enumerate(sentences):
            parts.append(sentence.lead)
            at += len(sentence.lead)
            for token in sentence.tokens:
                form, space = token.form, token.space
                starts.append(at)
                at += len(form)
                ends.append(at)
                at += len(space)
                parts.append(form)
                parts.append(space)
            tokens += sentence.tokens
            owner += [number] * len(sentence.tokens)
            parts.append(sentence.tail)
            at += len(sentence.tail)
            bounds.append(len(tokens))
        self.tokens, self.starts, self.ends = tokens, starts, ends
        self.sentence, self.bounds = owner, bounds
        self.text = "".join(parts)


@dataclass(frozen=True, slots=True)
class Derivation:
    """The frozen result for one field.

    Args:
        source: The sentences of the field as parsed; ``field_text(source)`` is the input text.
        output: As many sentences, as the operators left them. They are not to be changed any more.

    Raises:
        ValueError: The two have different numbers of sentences.
    """

    source: tuple[Sentence, ...]
    output: tuple[Sentence, ...]
    _source: _Layout | None = field(default=None, init=False, repr=False, compare=False)
    _output: _Layout | None = field(default=None, init=False, repr=False, compare=False)
    _same: bool | None = field(default=None, init=False, repr=False, compare=False)
    _edits: tuple[int, int] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.source) != len(self.output):
            raise ValueError(f"{len(self.source)} source sentences, but {len(self.output)} output sentences")

    # -- text -------------------------------------------------------------------------------------

    def _source_layout(self) -> _Layout:
        layout = self._source
        if layout is None:
            layout = _Layout(self.source)
            object.__setattr__(self, "_source", layout)
        return layout

    def _output_layout(self) -> _Layout:
        layout = self._output
        if layout is None:
            layout = _Layout(self.output)
            object.__setattr__(self, "_output", layout)
        return layout

    def _layouts(self) -> tuple[_Layout, _Layout]:
        return self._source_layout(), self._output_layout()

    @property
    def text(self) -> str:
        """The output text."""
        return self._output_layout().text

    @property
    def source_text(self) -> str:
        """The input text, byte for byte."""
        return self._source_layout().text

    @property
    def unchanged(self) -> bool:
        """Whether every word stands where and as it stood, and the text is the input's byte for byte."""
        if self._same is None:
            source, output = self._layouts()
            same = (
                source.text == output.text
                and source.bounds == output.bounds
                and all(
                    new.form == old.form and new.src == (old.id,)
                    for new, old in zip(output.tokens, source.tokens, strict=True)
                )
            )
            object.__setattr__(self, "_same", same)
        return bool(self._same)

    def tokens(self) -> list[str]:
        """The output words for token-level tasks, in step with ``project_tags``.

        A translation of several words counts as several; a word without letters of its own (the second
        part of a contraction that could not be divided) is left out. A source token is never divided.
        """
        forms: list[str] = []
        for number, sentence in enumerate(self.output):
            for token in sentence.tokens:
                forms += self._pieces(number, token)
        return forms

    def alignment(self) -> list[tuple[int, int, tuple[tuple[int, int], ...]]]:
        """(start, end, ((source start, source end), …)) of each output word, in characters.

        The source stretches stand in the order of the word's ``src``: the principal one first.
        """
        source, output = self._layouts()
        at = _positions(source)
        out = []
        for k, token in enumerate(output.tokens):
            own = at[output.sentence[k]]
            spans = tuple((source.starts[own[i]], source.ends[own[i]]) for i in token.src if i in own)
            out.append((output.starts[k], output.ends[k], spans))
        return out

    def _pieces(self, sentence: int, token: Token) -> list[str]:
        parts = token.form.split()
        if len(parts) == 1 and len(parts[0]) == len(token.form):
            return parts
        if token.form and len(token.src) == 1:
            # "1 000" or a no-break space inside a token of the input is the input's business.
            for old in self.source[sentence].tokens:
                if old.id == token.src[0] and old.form == token.form:
                    return [token.form]
        return parts

    # -- spans ------------------------------------------------------------------------------------

    def project_span(self, start: int, end: int) -> Span | Rejected:
        """Where the stretch [start, end) of the source text is now.

        The span becomes the output words that stand for the source tokens it overlaps. They must follow
        each other in the output; only added words and the span's own punctuation may lie between. White
        space at its edges is trimmed. A span that begins or ends inside a token is carried exactly if
        that token's letters are unchanged, and grows to the whole word ("widened") if not. It also
        grows where a word of the span was absorbed by a word outside it. Spans may cross sentences.

        Args:
            start, end: Character offsets into ``source_text``.

        Returns:
            The span in ``text``, or the reason why there is none: "span_outside_text", "empty_span",
            "no_word" (it covers no token), "vanished" (all its words were dropped) or "discontinuous".
        """
        source, output = self._layouts()
        if not 0 <= start <= end <= len(source.text):
            return Rejected("span_outside_text", f"[{start}, {end}) of {len(source.text)} characters")
        given = source.text[start:end]
        stripped = given.strip()
        if not stripped:
            return Rejected("empty_span", f"[{start}, {end}) holds no text")
        if self.unchanged:
            return Span(start, end, "carried")
        start += len(given) - len(given.lstrip())
        end = start + len(stripped)

        # A token without letters belongs to the word it directly follows.
        first = bisect_right(source.ends, start)
        last = first - 1
        while last + 1 < len(source.tokens) and (
            source.starts[last + 1] < end or source.starts[last + 1] == source.ends[last + 1] == end
        ):
            last += 1
        if last < first:
            return Rejected("no_word", f"no word in {_quote(stripped)}")
        covered: dict[tuple[int, int], int] = {
            (source.sentence[i], source.tokens[i].id): i for i in range(first, last + 1)
        }
        marks = {key for key, i in covered.items() if _is_mark(source.tokens[i])}

        picked: set[int] = set()
        core: list[int] = []
        widened = False
        for k in range(output.bounds[source.sentence[first]], output.bounds[source.sentence[last] + 1]):
            token = output.tokens[k]
            own = [key for i in token.src if (key := (output.sentence[k], i)) in covered]
            if not own or not token.form.strip():
                continue
            picked.add(k)
            if len(marks) == len(covered) or any(key not in marks for key in own):
                core.append(k)
                widened |= (output.sentence[k], token.src[0]) not in covered
        if not core:
            return Rejected("vanished", f"no word of {_quote(stripped)} is left")
        lo, hi = core[0], core[-1]
        for k in range(lo, hi + 1):
            token = output.tokens[k]
            if k not in picked and token.src and token.form:
                between = f"{_quote(token.form)} stands inside {_quote(stripped)}"
                return Rejected("discontinuous", between)
        while lo - 1 in picked:
            lo -= 1
        while hi + 1 in picked:
            hi += 1

        new_start, new_end = output.starts[lo], output.ends[hi]
        cut = start - source.starts[first]
        if cut > 0:
            if self._verbatim(picked, first) == lo:
                new_start += cut
            else:
                widened = True
        cut = source.ends[last] - end
        if cut > 0:
            if self._verbatim(picked, last) == hi:
                new_end -= cut
            else:
                widened = True
        answer = output.text[new_start:new_end]
        new_start += len(answer) - len(answer.lstrip())
        new_end = new_start + len(answer.strip())
        return Span(new_start, new_end, "widened" if widened else "carried")

    def _verbatim(self, words: set[int], at: int) -> int:
        """The one word among ``words`` that has the letters of source token number ``at``, or -1.

        The case of the letters may differ: a word that moved to the front got a capital.
        """
        source, output = self._layouts()
        token, sentence = source.tokens[at], source.sentence[at]
        found = [
            k for k in sorted(words) if output.sentence[k] == sentence and token.id in output.tokens[k].src
        ]
        if len(found) != 1:
            return -1
        form = output.tokens[found[0]].form
        same = form == token.form or (len(form) == len(token.form) and form.lower() == token.form.lower())
        return found[0] if same else -1

    # -- tags -------------------------------------------------------------------------------------

    def project_tags(self, tags: Sequence[str]) -> list[str] | Rejected:
        """One tag per output word, from one tag per source token.

        IOB1, IOB2, BIOES, BILOU and BMES tags are taken as entities: the words of one must stay in one
        run, in which added and absorbed words are inside; the prefixes are then written anew in the
        scheme of the input. Other tags go with the word; a word of several sources takes the tag of the
        principal one. An added word gets "O" in an entity scheme; among universal part-of-speech tags it
        gets its own.

        Args:
            tags: Tags of the source tokens, all sentences in one row.

        Returns:
            As many tags as ``tokens()`` has words, or "tag_count", "mixed_tags", "discontinuous_entity",
            "vanished_entity", "untagged_word".
        """
        source, output = self._layouts()
        if len(tags) != len(source.tokens):
            return Rejected("tag_count", f"{len(tags)} tags for {len(source.tokens)} tokens")
        if self.unchanged:
            return [tag for tag, token in zip(tags, source.tokens, strict=True) if token.form]
        where = _positions(source)
        # Per output word: how many tags it needs, and the flat number of its principal source or -1.
        words: list[tuple[int, int, int]] = []
        for k, token in enumerate(output.tokens):
            pieces = len(self._pieces(output.sentence[k], token))
            if pieces:
                principal = where[output.sentence[k]].get(token.src[0], -1) if token.src else -1
                words.append((k, pieces, principal))
        scheme = _scheme(tags)
        if isinstance(scheme, Rejected):
            return scheme
        if scheme is None:
            return _plain_tags(tags, words, output)
        return self._entity_tags(tags, scheme, words, where)

    def _entity_tags(
        self,
        tags: Sequence[str],
        scheme: _Scheme,
        words: list[tuple[int, int, int]],
        where: list[dict[int, int]],
    ) -> list[str] | Rejected:
        source, output = self._layouts()
        entity_of, types = _entities(tags)
        owner = [entity_of[principal] if principal >= 0 else -1 for _, _, principal in words]
        runs: dict[int, tuple[int, int]] = {}
        for at, entity in enumerate(owner):
            if entity >= 0:
                runs[entity] = (runs.get(entity, (at, at))[0], at)
        for entity, kind in enumerate(types):
            if entity not in runs:
                letters = " ".join(
                    t.form for t, e in zip(source.tokens, entity_of, strict=True) if e == entity
                )
                if letters.strip():
                    return Rejected("vanished_entity", f"no word of {kind} {_quote(letters)} is left")
                continue
            lo, hi = runs[entity]
            for at in range(lo, hi + 1):
                if owner[at] == entity:
                    continue
                k = words[at][0]
                token = output.tokens[k]
                own = where[output.sentence[k]]
                absorbed = any(i in own and entity_of[own[i]] == entity for i in token.src)
                if owner[at] >= 0 or (token.src and not absorbed):
                    inside = f"{_quote(token.form)} stands inside {kind} {_quote(output.tokens[words[lo][0]].form)}"
                    return Rejected("discontinuous_entity", inside)
                owner[at] = entity
        out: list[str] = []
        before = ""  # type of the entity that the last tag belongs to
        at = 0
        while at < len(words):
            entity = owner[at]
            count = words[at][1]
            while entity >= 0 and at + 1 < len(words) and owner[at + 1] == entity:
                at += 1
                count += words[at][1]
            at += 1
            if entity < 0:
                out += ["O"] * count
                before = ""
            else:
                out += scheme.write(types[entity], count, adjoins=before == types[entity])
                before = types[entity]
        return out

    # -- provenance -------------------------------------------------------------------------------

    def provenance(self) -> list[dict[str, Any]]:
        """One JSON-able record per output word, from which ``replay`` makes the text again.

        Keys: "sentence" (0-based), "text", "src" (ids of source tokens), "at" (where these stand in the
        source text, [start, end] each, in characters), "rules", "how", "space" (what follows the word). The
        first word of a sentence whose margins changed has "lead" and "tail" too.
        """
        out: list[dict[str, Any]] = []
        places = iter(self.alignment())
        for number, (old, new) in enumerate(zip(self.source, self.output, strict=True)):
            rows: list[dict[str, Any]] = [
                {
                    "sentence": number,
                    "text": t.form,
                    "src": list(t.src),
                    "at": [list(place) for place in spans],
                    "rules": list(t.rules),
                    "how": t.how,
                    "space": t.space,
                }
                for t, (_, _, spans) in zip(new.tokens, places, strict=False)
            ]
            if (old.lead, old.tail) != (new.lead, new.tail):
                if not rows:
                    rows = [
                        {
                            "sentence": number,
                            "text": "",
                            "src": [],
                            "at": [],
                            "rules": [],
                            "how": "",
                            "space": "",
                        }
                    ]
                rows[0] |= {"lead": new.lead, "tail": new.tail}
            out += rows
        return out

    def dropped(self) -> list[dict[str, Any]]:
        """The source tokens that a rule removed: {"sentence", "src", "text", "rule"} each."""
        out: list[dict[str, Any]] = []
        for number, (old, new) in enumerate(zip(self.source, self.output, strict=True)):
            forms = {t.id: t.form for t in old.tokens}
            out += [
                {"sentence": number, "src": i, "text": forms.get(i, ""), "rule": rule}
                for i, rule in sorted(new.dropped.items())
            ]
        return out

    @property
    def edits(self) -> tuple[int, int]:
        """(source words, how many of them were changed, moved or dropped).

        The others are the longest sequence of source words that stand in the output in the same order
        with the same letters (capitals aside), each as the principal source of a word. Added words do
        not count.
        """
        if self._edits is None:
            object.__setattr__(self, "_edits", self._count_edits())
        assert self._edits is not None
        return self._edits

    @property
    def edit_rate(self) -> float:
        """Share of the source words that were changed, moved or dropped, from 0 to 1; 0 for a field without words."""
        words, edits = self.edits
        return edits / words if words else 0.0

    def _count_edits(self) -> tuple[int, int]:
        words = kept = 0
        for old, new in zip(self.source, self.output, strict=True):
            place = {t.id: (at, t.form) for at, t in enumerate(old.tokens) if t.form}
            words += len(place)
            if new is old:
                kept += len(place)
                continue
            unchanged: list[int] = []
            for token in new.tokens:
                at, form = place.get(token.src[0], (-1, "")) if token.src else (-1, "")
                if at >= 0 and (form is token.form or form.lower() == token.form.lower()):
                    unchanged.append(at)
            kept += longest_run(unchanged)
        return words, words - kept

    def problem(self) -> str:
        """What an operator did wrong ("" if nothing): for tests and for ``--strict`` runs."""
        for number, (old, new) in enumerate(zip(self.source, self.output, strict=True)):
            ids = {t.id for t in old.tokens}
            if len({t.id for t in new.tokens}) != len(new.tokens):
                return f"sentence {number}: two output words have the same id"
            used: set[int] = set()
            for token in new.tokens:
                if unknown := [i for i in token.src if i not in ids]:
                    return f"sentence {number}: word {token.form!r} names source token {unknown[0]}, which is not there"
                used.update(token.src)
            if both := sorted(used & new.dropped.keys()):
                return f"sentence {number}: source token {both[0]} is dropped and used"
            if lost := sorted(ids - used - new.dropped.keys()):
                return f"sentence {number}: source token {lost[0]} is neither used nor dropped"
        if replay(self.source, self.provenance()) != self.text:
            return "the provenance does not replay to the text"
        return ""


def replay(source: Sequence[Sentence], provenance: Sequence[Mapping[str, Any]]) -> str:
    """The output text, made again from the source and ``Derivation.provenance()``.

    Raises:
        MorphaugError: A record names a sentence or a source token that the source does not have, or has
            not the keys of a provenance record.
    """
    rows: list[list[Mapping[str, Any]]] = [[] for _ in source]
    ids = [{t.id for t in s.tokens} for s in source]
    for number, row in enumerate(provenance):
        try:
            sentence = row["sentence"]
            if not 0 <= sentence < len(rows) or not ids[sentence].issuperset(row["src"]):
                raise MorphaugError(f"provenance record {number} does not belong to this source")
            rows[sentence].append(row)
        except (KeyError, TypeError) as error:
            raise MorphaugError(f"provenance record {number} is malformed ({error!r})") from error
    parts: list[str] = []
    for old, words in zip(source, rows, strict=True):
        margins = words[0] if words else {}
        parts.append(margins.get("lead", old.lead))
        parts += [row["text"] + row["space"] for row in words]
        parts.append(margins.get("tail", old.tail))
    return "".join(parts)


# -- helpers ----------------------------------------------------------------------------------------


def _positions(layout: _Layout) -> list[dict[int, int]]:
    """Per sentence: token id -> number of the token in the layout."""
    bounds = layout.bounds
    return [{layout.tokens[i].id: i for i in range(bounds[s], bounds[s + 1])} for s in range(len(bounds) - 1)]


def _is_mark(token: Token) -> bool:
    # Taggers call odd words PUNCT: only what has no letter or digit may be left behind by a span.
    return token.upos == "PUNCT" and not any(c.isalnum() for c in token.form)


def _quote(text: str, limit: int = 40) -> str:
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")


_TAG = re.compile(r"([BIESLUM])-(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Scheme:
    """How an entity is written: prefixes of its first, inner, last and only word."""

    begin: str
    inside: str
    end: str
    single: str
    sparing: bool = False  # IOB1: B- only where an entity adjoins another of its type

    def write(self, kind: str, count: int, *, adjoins: bool) -> list[str]:
        if self.sparing:
            return [f"{'B' if adjoins else 'I'}-{kind}"] + [f"I-{kind}"] * (count - 1)
        if count == 1:
            return [f"{self.single}-{kind}"]
        return [f"{self.begin}-{kind}"] + [f"{self.inside}-{kind}"] * (count - 2) + [f"{self.end}-{kind}"]


def _split(tag: str) -> tuple[str, str]:
    match = _TAG.fullmatch(tag)
    return (match[1], match[2]) if match else ("", "")


def _scheme(tags: Sequence[str]) -> _Scheme | Rejected | None:
    """The entity scheme of the tags; None for plain tags."""
    letters = {_split(tag)[0] for tag in tags if tag != "O"}
    if "" in letters:
        if "O" in tags and len(letters) > 1:
            odd = next(tag for tag in tags if tag != "O" and not _split(tag)[0])
            return Rejected("mixed_tags", f"tag {_quote(odd)} among tags with prefixes")
        return None
    if letters & {"L", "U"}:
        return _Scheme("B", "I", "L", "U")
    if "M" in letters:
        return _Scheme("B", "M", "E", "S")
    if letters & {"E", "S"}:
        return _Scheme("B", "I", "E", "S")
    bare, plain_begin, last = False, False, ""
    for tag in tags:
        letter, kind = _split(tag)
        bare |= letter == "I" and last != kind
        plain_begin |= letter == "B" and last != kind
        last = kind
    return _Scheme("B", "I", "I", "B", sparing=bare and not plain_begin)


def _entities(tags: Sequence[str]) -> tuple[list[int], list[str]]:
    """(number of the entity each tag belongs to or -1, type of each entity)."""
    owner: list[int] = []
    types: list[str] = []
    is_open = False
    for tag in tags:
        letter, kind = _split(tag)
        if not letter:
            owner.append(-1)
            is_open = False
            continue
        if letter in "BSU" or not is_open or types[-1] != kind:
            types.append(kind)
        owner.append(len(types) - 1)
        is_open = letter not in "ESLU"
    return owner, types


def _plain_tags(
    tags: Sequence[str], words: list[tuple[int, int, int]], output: _Layout
) -> list[str] | Rejected:
    universal = UPOS.issuperset(tags)
    out: list[str] = []
    for k, pieces, principal in words:
        token = output.tokens[k]
        if principal >= 0:
            tag = tags[principal]
        elif "O" in tags:
            tag = "O"
        elif universal and token.upos in UPOS:
            tag = token.upos
        else:
            return Rejected("untagged_word", f"added word {_quote(token.form)} has no tag")
        out += [tag] * pieces
    return out
