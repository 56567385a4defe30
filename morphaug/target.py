"""Everything known of a target language, gathered once and handed to the operators."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from morphaug.packs import Pack

if TYPE_CHECKING:
    from morphaug.lexicon import Lexicon
    from morphaug.morphology import Morphology
    from morphaug.typology import Profile


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

    def can_say(self, upos: str, feats: Mapping[str, str]) -> bool:
        """Whether some cell of the table has all of these UD features at once, for this part of speech."""
        return any(plan.complete and not plan.dropped for plan in self.morphology.resolve(upos, feats))

    def noun_class(self, lemma: str, upos: str, *, foreign: bool, plural: bool) -> str:
        """The noun class of a word ("Bantu9"); "" in a language without noun classes.

        A borrowed stem takes the class of its translation, where the lexicon has one.
        """
        grammar = self.morphology.grammar
        if grammar is None or upos not in ("NOUN", "PROPN"):
            return ""
        if foreign and self.lexicon is not None:
            entries = self.lexicon.lookup(lemma, upos)
            lemma = entries[0].target if entries else lemma
        classes = grammar.noun_class(lemma)
        return classes[1 if plural else 0] if classes else ""

    def digests(self) -> dict[str, str]:
        """Hashes of what went into this target, for a manifest."""
        from morphaug import resources

        text = json.dumps({k: [v.value, v.observed] for k, v in sorted(self.profile.values.items())})
        return {
            **resources.digest(self.code),
            "profile": sha256(text.encode()).hexdigest(),
            "pack": sha256(repr(self.pack).encode()).hexdigest(),
        }


@lru_cache(maxsize=32)
def load_target(code: str) -> Target:
    """Open the resources of a language (once in a process).

    Args:
        code: Any name or code that ``languages.resolve`` knows.

    Raises:
        UnknownName: No such language.
        MissingResource: No paradigm table is installed; the message names the command that gets it.
    """
    from morphaug import languages, packs, resources, typology

    code = languages.resolve(code)
    notes = packs.pack(code)
    return Target(
        code,
        corrected(typology.profile(code), notes),
        typology.profile(languages.SOURCE),
        resources.morphology(code),
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
