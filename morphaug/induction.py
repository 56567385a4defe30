"""A bilingual lexicon out of sentence-aligned text: lemmas on both sides, aligned, weighed, written as a table.

1. Both texts are cut into words (``bitext``) and the words taken to lemmas: English by a parser, else by its
   paradigm table and rules, the target by its table and grammar. Of several lemmas that a form may have, the one
   that the text as a whole makes likeliest is taken (``likeliest``).
2. The lemmas are aligned (``alignment``).
3. Forms of the target that nothing analyses are brought together by shape (``families``): two that translate the
   same English word and differ by affixes in which many such pairs differ are one word. Then all is aligned again.
4. Pairs that both directions agree on, that meet more often than chance has it, and that are a fair share of what
   the English word becomes, are entries; they are ranked by how often they were aligned.
"""

from __future__ import annotations

import datetime
import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

from morphaug import english_lemmas
from morphaug.bitext import Word, english_words, read_pairs, truecased, usable, words
from morphaug.errors import MorphaugError
from morphaug.languages import SOURCE

if TYPE_CHECKING:
    from morphaug.alignment import Alignment
    from morphaug.parsing import Parser

Reading = tuple[str, str]
"""A lemma that a form may have and its part of speech (UPOS, "X" if unknown)."""
Readings = Callable[[str], Sequence[Reading]]
Progress = Callable[[str, int, int], Any]
"""Called with a step's name, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a pair must have to be an entry. Chosen on half of a dictionary's headwords: docs/lexicon-induction.md.

    Attributes:
        agreed: Expected number of alignments.
        share: Share of the English word's alignments.
        significance: Log-likelihood ratio of the two words' meeting in sentences (10.8 is p = 0.001).
        copied: Share that a word spelled the same in both languages must have, and ...
        copies: ... its expected number of alignments: below, it is English left standing, or a name.
        named: Share that the translation of a name must have; names that stay as they are need no entry.
        keep: Translations of a word.
    """

    agreed: float = 2.0
    share: float = 0.02
    significance: float = 10.0
    copied: float = 0.3
    copies: float = 5.0
    named: float = 0.5
    keep: int = 10


@dataclass(frozen=True, slots=True)
class Found:
    """An entry of the lexicon.

    Attributes:
        source: English lemma.
        upos: Part of speech, "X" if unknown.
        target: Translation, as a lemma or as its commonest form.
        probability: Share of the English word's alignments.
        count: Expected number of alignments.
    """

    source: str
    upos: str
    target: str
    probability: float
    count: float


# --------------------------------------------------------------------------------------------- lemmas


_RANK = 0.25  # how much less a reading counts than the one before it
_UNSEEN = 0.02  # how much less a lemma counts that the text never has as a word, unless it is a verb


def likeliest(
    counts: Mapping[str, int], readings: Mapping[str, Sequence[Reading]], rounds: int = 10
) -> dict[str, Reading]:
    """For each form the reading that the text makes likeliest.

    A lemma is as likely as the forms that it explains are frequent; a form with several readings is shared out
    among them by that, again and again ("saw" goes to "see" where "sees" and "seen" are about). A noun's forms
    say nothing for a verb of the same spelling, and conversely.

    Args:
        counts: How often each form occurs.
        readings: What each form may be, the best first; () for an unknown form, which stays as it is.
    """
    shares: dict[str, list[tuple[Reading, float]]] = {}
    for form, known in readings.items():
        kinds: dict[Reading, Reading] = {}
        for lemma, upos in known or ((form, "X"),):
            kinds.setdefault((lemma, _KIND.get(upos, "nominal")), (lemma, upos))
        shares[form] = [
            ((lemma, kind), _RANK**rank * (1.0 if lemma in counts or kind == "verb" else _UNSEEN))
            for rank, (lemma, kind) in enumerate(kinds)
        ]
    weight: dict[Reading, float] = dict.fromkeys((x for options in shares.values() for x, _ in options), 1.0)
    for _ in range(rounds):
        total = _sums(weight)
        fresh: dict[Reading, float] = defaultdict(float)
        for form, options in shares.items():
            parts = [_strength(x, weight, total) * share for x, share in options]
            for (x, _), part in zip(options, parts, strict=True):
                fresh[x] += counts[form] * part / sum(parts) + 1e-9
        weight = fresh
    total = _sums(weight)
    out: dict[str, Reading] = {}
    for form, options in shares.items():
        best, _ = max(
            options, key=lambda option: (_strength(option[0], weight, total) * option[1], option[0])
        )
        known = readings[form] or ((form, "X"),)
        out[form] = next(x for x in known if (x[0], _KIND.get(x[1], "nominal")) == best)
    return out


_KIND = {"VERB": "verb", "AUX": "verb", "X": "any"}


def _sums(weight: Mapping[Reading, float]) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for (lemma, _), value in weight.items():
        total[lemma] += value
    return total


def _strength(reading: Reading, weight: Mapping[Reading, float], total: Mapping[str, float]) -> float:
    """What speaks for a lemma of a kind; words of unknown kind speak for every kind."""
    lemma, kind = reading
    return total[lemma] if kind == "any" else weight[reading] + weight.get((lemma, "any"), 0.0)


@dataclass(slots=True)
class Side:
    """One text as numbered lemmas.

    Attributes:
        names: (lemma, UPOS) by number; the UPOS is "" where lemmas of several parts of speech are one unit.
        text: Sentences as numbers.
        upos: Parts of speech seen of a lemma, with counts.
        known: Numbers of lemmas that an analysis gave (others are forms).
        forms: Forms of each number, with counts.
    """

    names: list[tuple[str, str]] = field(default_factory=list)
    text: list[list[int]] = field(default_factory=list)
    upos: dict[int, Counter[str]] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)
    forms: dict[int, Counter[str]] = field(default_factory=dict)


def lemmatised(sentences: Sequence[Sequence[str]], readings: Readings) -> Side:
    """A text as numbered lemmas.

    Args:
        sentences: Words, each in its usual casing.
        readings: Lemmas that a form may have; () for a form that is unknown, which stays as it is.
    """
    counts = Counter(word for sentence in sentences for word in sentence)
    found = {form: tuple(readings(form)) for form in counts}
    chosen = likeliest(counts, found)
    side = Side()
    numbers: dict[str, int] = {}
    of_form: dict[str, int] = {}
    for form, (lemma, upos) in chosen.items():
        number = numbers.setdefault(lemma, len(numbers))
        if number == len(side.names):
            side.names.append((lemma, ""))
        of_form[form] = number
        side.forms.setdefault(number, Counter())[form] += counts[form]
        if found[form]:
            side.known.add(number)
            side.upos.setdefault(number, Counter())[upos] += counts[form]
    side.text = [[of_form[word] for word in sentence] for sentence in sentences]
    return side


# ---------------------------------------------------------------------------------- words of one stem

_STEM = 3  # letters that two forms of a word have in common, at least ...
_SHARED = 0.4  # ... and share of the shorter one
_PRODUCTIVE = 3  # English words whose translations differ by the same affixes
_RIVALS = 50  # translations of a word that are compared


def alternation(a: str, b: str) -> tuple[str, str, str, str] | None:
    """What two forms put before and after the longest stretch they share; None if that is too short.

    >>> alternation("mtoto", "watoto"), alternation("kitap", "kitaplar"), alternation("mtoto", "kitabu")
    (('m', '', 'wa', ''), ('', '', '', 'lar'), None)
    """
    from difflib import SequenceMatcher

    match = SequenceMatcher(None, a, b, autojunk=False).find_longest_match()
    if match.size < max(_STEM, _SHARED * min(len(a), len(b))):
        return None
    return a[: match.a], a[match.a + match.size :], b[: match.b], b[match.b + match.size :]


def families(found: Alignment, target: Side) -> dict[int, int]:
    """Forms that seem to be of one word: number of a form -> number of the commonest form of its family.

    Only forms that nothing analyses move; they may join an analysed lemma. Two forms are of one word if they
    translate the same English word above all others, and differ by affixes (``alternation``) that tell apart
    translations of at least ``_PRODUCTIVE`` English words.
    """
    import numpy as np

    best = _best_source(found)
    totals = np.bincount(found.target, weights=found.agreed, minlength=len(target.names))
    groups: dict[int, list[int]] = defaultdict(list)
    for number, source in best.items():
        if totals[number] >= 0.5 and target.names[number][0].isalpha():
            groups[source].append(number)
    pairs: list[tuple[int, int, tuple[str, str, str, str]]] = []
    votes: Counter[tuple[str, str, str, str]] = Counter()
    for source in sorted(groups):
        rivals = sorted(groups[source], key=lambda n: (-totals[n], n))[:_RIVALS]
        patterns = set()
        for at, a in enumerate(rivals):
            for b in rivals[at + 1 :]:
                if b in target.known and a in target.known:
                    continue
                kind = alternation(target.names[a][0], target.names[b][0])
                if kind is not None:
                    kind = min(kind, (*kind[2:], *kind[:2]))
                    pairs.append((a, b, kind))
                    patterns.add(kind)
        votes.update(patterns)
    leader = list(range(len(target.names)))

    def head(number: int) -> int:
        while leader[number] != number:
            number = leader[number]
        return number

    for a, b, kind in sorted(pairs, key=lambda p: (-votes[p[2]], p)):
        if votes[kind] < _PRODUCTIVE:
            break
        a, b = head(a), head(b)
        if a == b or (a in target.known and b in target.known):
            continue
        if b in target.known or (a not in target.known and (totals[b], -b) > (totals[a], -a)):
            a, b = b, a
        leader[b] = a
    return {number: head(number) for number in range(len(leader)) if leader[number] != number}


def _best_source(found: Alignment) -> dict[int, int]:
    """For each target word the source word it is aligned to most."""
    import numpy as np

    order = np.lexsort((found.source, -found.agreed, found.target))
    targets = found.target[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = targets[1:] != targets[:-1]
    kept = order[first]
    return {
        int(t): int(s)
        for t, s, value in zip(found.target[kept], found.source[kept], found.agreed[kept], strict=True)
        if value > 0.25
    }


def merged(side: Side, moves: Mapping[int, int]) -> Side:
    """A text with some units taken for others."""
    kept = [n for n in range(len(side.names)) if n not in moves]
    number = {old: new for new, old in enumerate(kept)}
    to = [number[moves.get(n, n)] for n in range(len(side.names))]
    out = Side([side.names[n] for n in kept], [[to[n] for n in line] for line in side.text])
    for old, counts in side.forms.items():
        out.forms.setdefault(to[old], Counter()).update(counts)
    out.upos = {number[n]: tags for n, tags in side.upos.items() if n in number}
    out.known = {number[n] for n in side.known if n in number}
    return out


# -------------------------------------------------------------------------------------------- entries


_OFTEN = 0.25  # share of a lemma's uses from which a part of speech counts


def significance(found: Alignment) -> Any:
    """Log-likelihood ratio (Dunning 1993) of each pair's meeting in sentences; 0 where it meets less than by chance."""
    import numpy as np

    total = float(found.sentences)
    both = found.together.astype(float)
    one = found.source_sentences[found.source].astype(float)
    other = found.target_sentences[found.target].astype(float)
    cells = (
        (both, one * other),
        (one - both, one * (total - other)),
        (other - both, (total - one) * other),
        (total - one - other + both, (total - one) * (total - other)),
    )
    value = np.zeros(len(both))
    for seen, product in cells:
        value += np.where(
            seen > 0, seen * np.log(np.maximum(seen, 1e-9) * total / np.maximum(product, 1e-9)), 0.0
        )
    return np.where(both * total > one * other, 2.0 * value, 0.0)


_PHRASE = 0.25  # share of a word's alignments from which a phrase is a translation of it


@dataclass(frozen=True, slots=True)
class Phrase:
    """Two target words, side by side or with one between them, that translate one word: "uwanja wa ndege", airport.

    Attributes:
        words: Numbers of the words.
        places: Where it begins in the flat target text.
    """

    words: tuple[int, ...]
    places: tuple[int, ...]


def phrases(found: Alignment, source: Side, target: Side) -> dict[int, list[Phrase]]:
    """Phrases whose first and last words come from one source word, by the number of that word."""
    seen: dict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
    links = found.links.tolist()
    at = 0
    for given, made in zip(source.text, target.text, strict=True):
        link = links[at : at + len(made)]
        j = 0
        while j < len(made) - 1:
            i = link[j]
            size = 3 if i in link[j + 2 : j + 3] else 2 if link[j + 1] == i else 1
            if i >= 0 and size > 1 and made[j] != made[j + size - 1]:
                seen[given[i], tuple(made[j : j + size])].append(at + j)
            else:
                size = 1
            j += size
        at += len(made)
    out: dict[int, list[Phrase]] = defaultdict(list)
    for (word, parts), places in seen.items():
        out[word].append(Phrase(parts, tuple(places)))
    return out


def _settled(
    found: Alignment, source: Side, target: Side, limits: Thresholds, strong: Sequence[int]
) -> tuple[Any, dict[int, list[Phrase]]]:
    """Alignments of single words without those that belong to phrases, and the phrases that are kept.

    A phrase must be frequent next to the word's other translations, and its first and last word must each go with
    the source word. Names have none: beside a surname stands a first name.
    """
    import numpy as np

    agreed = found.agreed.copy()
    pair = {(int(found.source[k]), int(found.target[k])): k for k in strong}
    totals = np.bincount(found.source, weights=found.agreed, minlength=len(source.names))
    kept: dict[int, list[Phrase]] = {}
    for word, options in phrases(found, source, target).items():
        if source.names[word][0] != source.names[word][0].lower():
            continue
        for phrase in options:
            ends = [pair[word, part] for part in (phrase.words[0], phrase.words[-1]) if (word, part) in pair]
            number = len(phrase.places)
            if len(ends) < 2 or number < max(limits.agreed, _PHRASE * totals[word]):
                continue
            kept.setdefault(word, []).append(phrase)
            for end in ends:
                agreed[end] = max(agreed[end] - number, 0.0)
    return agreed, kept


def entries(
    found: Alignment, source: Side, target: Side, limits: Thresholds, surface: Sequence[str]
) -> list[Found]:
    """The pairs that pass the thresholds, the translations of a word by falling probability.

    Args:
        surface: The words of the target text as they stand there, one sentence after another.
    """
    import numpy as np

    strong = significance(found) >= limits.significance
    agreed, idioms = _settled(found, source, target, limits, np.flatnonzero(strong).tolist())
    totals = np.bincount(found.source, weights=agreed, minlength=len(source.names))
    for word, options in idioms.items():
        totals[word] += sum(len(phrase.places) for phrase in options)
    share = agreed / np.maximum(totals[found.source], 1e-9)
    good = strong & (agreed >= limits.agreed) & (share >= limits.share)
    rows: list[tuple[int, tuple[int, ...], str, float]] = [
        (int(found.source[k]), (int(found.target[k]),), target.names[found.target[k]][0], float(agreed[k]))
        for k in np.flatnonzero(good)
    ]
    for word, options in idioms.items():
        for phrase in options:
            text = _written(phrase, target, surface)
            rows.append((word, phrase.words, text, float(len(phrase.places))))
    out = []
    for number, parts, text, count in rows:
        lemma, own = source.names[number]
        probability = count / float(totals[number])
        if _fit(lemma, text, probability, count, limits):
            upos = _upos(own, source.upos.get(number), target.upos.get(parts[0]))
            out.append(Found(lemma, upos, text, probability, count))
    out.sort(key=lambda e: (e.source, -e.probability, e.target, e.upos))
    best = (list(group)[: limits.keep] for _, group in groupby(out, key=lambda e: e.source))
    return [entry for group in best for entry in group]


def _written(phrase: Phrase, target: Side, surface: Sequence[str]) -> str:
    """A phrase as it mostly stands in the text, its verb (if it begins with one) as a lemma."""
    size = len(phrase.words)
    forms = Counter(" ".join(surface[place : place + size]) for place in phrase.places)
    text = max(forms.items(), key=lambda item: (item[1], item[0]))[0]
    if _tags(target.upos.get(phrase.words[0])) == {"VERB"}:
        text = " ".join((target.names[phrase.words[0]][0], *text.split(" ")[1:]))
    return text


def _fit(lemma: str, text: str, probability: float, count: float, limits: Thresholds) -> bool:
    """Whether a pair is one of words, and not of a name or of English left standing."""
    parts = text.split(" ")
    if not (_is_word(lemma) and all(map(_is_word, parts)) and lemma[0].lower() in ascii_lowercase):
        return False
    if len(parts) > 1:
        return lemma.lower() not in text.lower().split(" ") and text == text.lower()
    if lemma.lower() == text.lower():  # a name needs no entry to stay as it is
        small = lemma == lemma.lower() and text == text.lower()
        return small and probability >= limits.copied and count >= limits.copies
    return lemma == lemma.lower() or probability >= limits.named


def _is_word(text: str) -> bool:
    return len(text) > 1 and text[0].isalpha() and not any(c.isdigit() or c in ".,@" for c in text)


def _upos(own: str, source: Counter[str] | None, target: Counter[str] | None) -> str:
    """Part of speech of a pair: what both sides can be, else what the target is, else what the source is."""
    theirs = _tags(target)
    ours = {own} if own else _tags(source)
    if ours == {"ADV"} and not theirs & {"ADV", "VERB"}:
        return "X"  # many a grammar takes what it does not know for a noun, and a noun never stands for an adverb
    for choice in (ours & theirs, theirs, ours):
        if len(choice) == 1:
            return next(iter(choice))
    return "X"


def _tags(seen: Counter[str] | None) -> set[str]:
    """The parts of speech that a lemma mostly is; none where one of them is unknown."""
    if not seen or seen["X"]:
        return set()
    return {tag for tag, n in seen.items() if n >= _OFTEN * seen.total()}


# --------------------------------------------------------------------------------------------- the run


@dataclass(frozen=True, slots=True)
class Induced:
    """A lexicon and how it came about.

    Attributes:
        entries: Sorted by English word, the best translation first.
        report: Counts and settings, as JSON-able data.
    """

    entries: list[Found]
    report: dict[str, Any]


def induce(
    source: Path,
    target: Path,
    language: str,
    *,
    parser: Parser | None = None,
    limits: Thresholds | None = None,
    progress: Progress | None = None,
) -> Induced:
    """Extracts a lexicon from two files that translate each other line by line.

    Args:
        source: English, one sentence a line, UTF-8, plain, .gz or .xz.
        target: The other language.
        language: Any name of it. What is installed of it (table, grammar) is used; nothing need be.
        parser: Gives the English lemmas and parts of speech; None: the English table if one is installed,
            and rules.
        limits: What a pair must have to be an entry.
        progress: Called now and then.

    Raises:
        UnknownName: No such language.
        MorphaugError: Files that are no such text (naming the line), or in which nothing can be found.
    """
    from morphaug import languages
    from morphaug.alignment import align

    code = languages.resolve(language)
    limits = limits or Thresholds()
    tell = progress or (lambda *_: None)
    english, other = read_pairs(source, target)
    left, ours = _source_words(english, parser, tell)
    right = _cut(other, words, "reading the translation", tell)
    _check_spaces(target, right)
    kept, dropped = usable(zip(map(len, left), map(len, right), strict=True))
    if not kept:
        raise MorphaugError(
            f"{source} and {target}: no sentence pair is fit to be aligned",
            "; ".join(f"{reason}: {n}" for reason, n in dropped.items()),
        )
    mine = ours([left[k] for k in kept])
    readings, by = target_readings(code)
    spoken = truecased([right[k] for k in kept])
    theirs = lemmatised(spoken, readings)
    analysed = len(theirs.known)
    sizes = len(mine.names), len(theirs.names)
    found = align(mine.text, theirs.text, sizes, progress=lambda n, of: tell("aligning", n, of))
    moves = families(found, theirs)
    if moves:
        theirs = merged(theirs, moves)
        sizes = len(mine.names), len(theirs.names)
        found = align(mine.text, theirs.text, sizes, progress=lambda n, of: tell("aligning again", n, of))
    listed = entries(found, mine, theirs, limits, [word for line in spoken for word in line])
    if not listed:
        raise MorphaugError(
            f"{source} and {target}: no pair of words is frequent enough to be an entry",
            "give more text, or check that the lines translate each other",
        )
    return Induced(
        listed,
        {
            "language": code,
            "source": _described(source),
            "target": _described(target),
            "pairs": len(english),
            "used": len(kept),
            "dropped": dropped,
            "words": [sum(map(len, mine.text)), sum(map(len, theirs.text))],
            "lemmas": [len(mine.names), len(theirs.names)],
            "source_lemmas": parser.name if parser else _source_table()[1],
            "target_lemmas": by,
            "analysed": analysed,
            "merged": len(moves),
            "tension": [round(x, 2) for x in found.tension],
            "headwords": len({entry.source for entry in listed}),
            "entries": len(listed),
            "thresholds": {name: getattr(limits, name) for name in limits.__dataclass_fields__},
        },
    )


def _described(path: Path) -> dict[str, str]:
    return {"name": Path(path).name, "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest()}


def _cut(
    lines: Sequence[str], cutter: Callable[[str], list[Word]], what: str, tell: Progress
) -> list[list[Word]]:
    out = []
    for at, line in enumerate(lines, 1):
        out.append(cutter(line))
        if at % 1000 == 0 or at == len(lines):
            tell(what, at, len(lines))
    return out


def _check_spaces(path: Path, cut: Sequence[Sequence[Word]]) -> None:
    """A text without spaces between words would be aligned sentence by sentence."""
    letters = sum(len(word.text) for sentence in cut for word in sentence)
    if letters > 20 * max(sum(map(len, cut)), 1):
        raise MorphaugError(
            f"{path}: its words have {letters / max(sum(map(len, cut)), 1):.0f} letters on average",
            "separate the words by spaces first, with a segmenter of the language",
        )


# ------------------------------------------------------------------------------------- lemmas of the two


def _nothing(_: str) -> Sequence[Reading]:
    return ()


def target_readings(code: str) -> tuple[Readings, str]:
    """How the forms of a language are analysed with what is installed, and what that is called."""
    from morphaug import resources
    from morphaug.errors import MissingResource
    from morphaug.features import from_unimorph

    try:
        morphology = resources.morphology(code)
    except MissingResource:
        return _nothing, "shapes alone"

    def read(form: str) -> Sequence[Reading]:
        if len(form) < 2:
            return ()
        if form == form.lower():
            return [(lemma, upos) for lemma, upos, *_ in morphology.analyse(form)]
        # A name is no form of a common word ("Simba", simba): only a table knows what is written with a capital.
        table = morphology.paradigms
        listed = table.analyses(form) if table is not None else ()
        return [(lemma, from_unimorph(bundle)[0]) for lemma, bundle in listed]

    parts = [name for name in ("table", "grammar") if getattr(morphology, _HELD[name]) is not None]
    return read, " and ".join(parts)


_HELD = {"table": "paradigms", "grammar": "grammar"}
_DETERMINERS = frozenset(
    (
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "those",
        "my",
        "your",
        "his",
        "her",
        "its",
        "our",
        "their",
        "no",
    )
)
_NOUN_SHARE = 0.2  # of the uses of a word in -ing that stand behind a determiner: it is a noun then


def _source_table() -> tuple[Readings, str]:
    from morphaug import resources

    table = resources.find_paradigms(SOURCE)
    if table is None:
        return _nothing, "rules"
    from morphaug.features import from_unimorph

    def read(form: str) -> Sequence[Reading]:
        return [(lemma, from_unimorph(bundle)[0]) for lemma, bundle in table.analyses(form)]

    return read, "table and rules"


def _source_words(
    lines: Sequence[str], parser: Parser | None, tell: Progress
) -> tuple[Sequence[Sequence[Any]], Callable[[Sequence[Sequence[Any]]], Side]]:
    """The words of the English lines, and what makes lemmas of those that are kept."""
    if parser is None:
        return _cut(lines, english_words, "reading the English", tell), by_rules
    parsed: list[list[Reading]] = []
    for at in range(0, len(lines), 500):
        for sentences in parser.parse(lines[at : at + 500]):
            parsed.append(
                [
                    (token.lemma, token.upos)
                    for sentence in sentences
                    for token in sentence.tokens
                    if any(c.isalnum() for c in token.form)
                ]
            )
        tell("parsing the English", len(parsed), len(lines))
    return parsed, _numbered


def _numbered(sentences: Sequence[Sequence[Reading]]) -> Side:
    """Parsed text: a lemma is a unit for each part of speech."""
    side = Side()
    numbers: dict[Reading, int] = {}
    for sentence in sentences:
        side.text.append([numbers.setdefault(reading, len(numbers)) for reading in sentence])
    side.names = list(numbers)
    side.known = set(numbers.values())
    return side


def by_rules(sentences: Sequence[Sequence[Word]]) -> Side:
    cased = truecased(sentences)
    table, _ = _source_table()
    counts = Counter(word for sentence in cased for word in sentence)
    determined = Counter(
        word for sentence in cased for before, word in pairwise(sentence) if before in _DETERMINERS
    )

    def read(form: str) -> Sequence[Reading]:
        if form in english_lemmas.CONTRACTED:
            return ((english_lemmas.CONTRACTED[form], "X"),)
        if form != form.lower():
            return ()
        if form.endswith("ing") and determined[form] >= max(_NOUN_SHARE * counts[form], 2):
            return ((form, "NOUN"),)
        known = table(form)
        rules = english_lemmas.lemmas(form, lambda base: base in counts or bool(table(base)))
        return tuple(dict.fromkeys((*known, *rules)))

    return lemmatised(cased, read)


# --------------------------------------------------------------------------------------------- the file

COLUMNS = ("source", "upos", "rank", "target", "probability", "count")


def write(path: Path, induced: Induced) -> None:
    """Write a lexicon as the TSV that ``morphaug resources import --lexicon`` takes, in one step.

    Comments at its top say what it was made from.

    Raises:
        MorphaugError: It cannot be written there.
    """
    from morphaug import __version__

    report = induced.report
    lines = [
        f"# bilingual lexicon English-{report['language']}, induced by morphaug {__version__} on "
        f"{datetime.datetime.now(datetime.UTC).date().isoformat()}",
        *(
            f"# {side}: {report[side]['name']} sha256 {report[side]['sha256']}"
            for side in ("source", "target")
        ),
        f"# {report['used']} sentence pairs; English lemmas by {report['source_lemmas']}, "
        f"the others by {report['target_lemmas']}; thresholds {report['thresholds']}",
        "\t".join(COLUMNS),
    ]
    rank: Counter[str] = Counter()
    for entry in induced.entries:
        row = (
            entry.source,
            entry.upos,
            str(rank[entry.source]),
            entry.target,
            f"{entry.probability:.4f}",
            f"{entry.count:.1f}",
        )
        rank[entry.source] += 1
        lines.append("\t".join(row))
    path = Path(path)
    made = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        made.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        made.replace(path)
    except OSError as error:
        made.unlink(missing_ok=True)
        raise MorphaugError(f"{path}: cannot be written ({error.strerror})", "name another file") from None
