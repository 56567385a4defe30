"""Errors that a person can act on: one line that names the place and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MorphaugError(Exception):
    """Something the user can put right. The command line prints it as one line and exits with code 2.

    Args:
        message: What is wrong and where ("train.jsonl, line 3: no field 'context'").
        hint: What to do about it ("name it with --field context=NAME"); may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(f"{message}; {hint}" if hint else message)


class UnknownName(MorphaugError):
    """A name that nothing answers to, with the nearest ones that exist.

    Args:
        kind: What the name should have been ("recipe", "language", "field").
        name: What was given.
        known: Every name that would have been right.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name = kind, name
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names[:40])}"
        super().__init__(f"unknown {kind} '{name}'", hint)


class MissingResource(MorphaugError):
    """A language resource that is not installed; the hint is the command that gets it."""
