"""Everything known of a target language, gathered once and handed to the operators."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from morphaug.animacy import animate
from morphaug.packs import Pack

if TYPE_CHECKING:
    from morphaug.lexicon import Lexicon
    from morphaug.morphology import Form, Morphology
    from morphaug.trees import Feats, Token
    from morphaug.typology import Profile


SURE = frozenset({"table", "syncretic", "grammar", "learned"})  # rungs whose forms say what was asked for
CASED = frozenset({"NOUN", "PROPN", "ADJ", "PRON", "DET", "NUM"})
LOAN_CLASSES = {"person": ("Bantu1", "Bantu2"), "thing": ("Bantu9", "Bantu10")}


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A target language.

    Attributes:
        code: ISO 639-3 code.
        profile: Its typological profile, with the pack's corrections.
        source_profile: The profile of the language that is rewritten.
        morphology: Forms and analyses.
        lexicon: Bilingual lexicon from the source language; None if there is none.
        pack: The language's pack, perhaps empty.
    """

    code: str
    profile: Profile
    source_profile: Profile
    morphology: Morphology
    lexicon: Lexicon | None
    pack: Pack

    @lru_cache(maxsize=1024)  # noqa: B019 - a target lives as long as the process
    def unmarked(self, upos: str) -> Mapping[str, str]:
        """What the citation form of a word says, as far as the table marks it."""
        attests = self.morphology.attests
        feats: Feats = {}
        if upos in CASED and attests(upos, "Case", "Nom"):
            feats["Case"] = "Nom"
        if upos in CASED and attests(upos, "Number", "Sing"):
            feats["Number"] = "Sing"
        return feats

    def form(self, token: Token, want: Mapping[str, str]) -> Form:
        """The form of a word that expresses what is wanted of it, the unmarked case and number understood."""
        feats = {**self.unmarked(token.upos), **want}
        return self.morphology.inflect(token.lemma, token.upos, feats, foreign=not token.lang)

    def can_say(self, upos: str, feats: Mapping[str, str]) -> bool:
        """Whether some cell of the table has all of these UD features at once, for this part of speech."""
        return any(plan.complete and not plan.dropped for plan in self.morphology.resolve(upos, feats))

    def noun_class(self, lemma: str, upos: str, *, foreign: bool, plural: bool) -> str:
        """The class in which words agree with a noun ("Bantu9"); "" in a language without noun classes.

        A borrowed stem takes the class of its translation where the lexicon has one, else that of people if it
        names a person or an animal, else 9/10, the class of loans; a name is taken for a person's.
        """
        grammar = self.morphology.grammar
        if grammar is None or upos not in ("NOUN", "PROPN", "PRON"):
            return ""
        if upos == "PRON":
            return LOAN_CLASSES["thing"][plural]
        if upos == "PROPN":
            return LOAN_CLASSES["person"][plural]
        if foreign:
            entries = self.lexicon.lookup(lemma, upos) if self.lexicon is not None else ()
            if not entries:
                return LOAN_CLASSES["person" if animate(lemma) else "thing"][plural]
            lemma = entries[0].target
        return grammar.agreement_class(lemma, "Plur" if plural else "Sing") or LOAN_CLASSES["thing"][plural]

    def digests(self) -> dict[str, str]:
        """Hashes of what went into this target, for a manifest."""
        from morphaug import resources

        text = json.dumps({k: [v.value, v.observed] for k, v in sorted(self.profile.values.items())})
        return {
            **resources.digest(self.code),
            "profile": sha256(text.encode()).hexdigest(),
            "pack": sha256(repr(self.pack).encode()).hexdigest(),
        }


def load_target(code: str) -> Target:
    """Open the resources of a language: once in a process, and again when they have changed.

    Args:
        code: Any name or code that ``languages.resolve`` knows.

    Raises:
        UnknownName: No such language.
        MissingResource: lang2vec is not installed. A table and a lexicon may be missing: ``recipes.require``
            asks for what a recipe needs.
    """
    from morphaug import languages, resources

    code = languages.resolve(code)
    return _open(code, str(resources.home()), _stamp(code))


def _stamp(code: str) -> int:
    """When the language was last compiled; 0 if never."""
    from morphaug import resources

    try:
        return (resources.compiled_folder(code) / "meta.json").stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=32)
def _open(code: str, home: str, stamp: int) -> Target:  # noqa: ARG001 - the home and the stamp tell resources apart
    from morphaug import packs, resources, typology
    from morphaug.languages import SOURCE

    notes = packs.pack(code)
    return Target(
        code,
        corrected(typology.profile(code), notes),
        typology.profile(SOURCE),
        resources.find_morphology(code),
        resources.find_lexicon(code),
        notes,
    )


def corrected(profile: Profile, notes: Pack) -> Profile:
    """The profile with a pack's corrections, which count as observed."""
    if not notes.profile:
        return profile
    from morphaug.typology import Value

    fixed = {name: Value(float(value), True, ("pack",)) for name, value in notes.profile.items()}
    return replace(profile, values={**profile.values, **fixed})
