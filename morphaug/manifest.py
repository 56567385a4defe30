"""The account of a run: what went in, what came out, and hashes to check both by."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from morphaug.shards import Stream, sha256_of
from morphaug.tally import Tally

RUNGS = ("table", "syncretic", "grammar", "learned", "nearest", "lemma")  # of the ladder in morphology.py
PACKAGES = ("morphaug", "lang2vec", "marisa-trie", "numpy", "stanza", "spacy", "torch")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results may depend on; those not installed are left out."""
    out = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            continue
    return out


def input_note(source: str) -> dict[str, Any]:
    """Name, size and hash of an input: a file, a folder (its files by name), or the name of a remote dataset."""
    path = Path(source.removeprefix("hf:").partition("#")[0]) if source.startswith("hf:") else Path(source)
    if path.is_file():
        return {"name": path.name, "bytes": path.stat().st_size, "sha256": sha256_of(path)}
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file())
        rows = [[p.relative_to(path).as_posix(), sha256_of(p)] for p in files]
        digest = sha256(json.dumps(rows).encode()).hexdigest()
        return {
            "name": source.rpartition("/")[2],
            "bytes": sum(p.stat().st_size for p in files),
            "sha256": digest,
        }
    return {"name": source}


@dataclass(slots=True)
class Account:
    """The counts of a run, added up shard by shard.

    Attributes:
        streams: What is counted, in order.
        tallies: One for each stream.
        read: Records read, broken ones included.
        examples: Records that went to the recipes.
        rejected: Records that did not, by reason.
        differences: (target, recipe, recipe) -> [compared, different] examples.
        files: Notes of the written shards, by stream.
    """

    streams: Sequence[Stream]
    tallies: list[Tally]
    read: int = 0
    examples: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    differences: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    files: list[list[dict[str, Any]]] = field(default_factory=list)

    @classmethod
    def empty(cls, streams: Sequence[Stream]) -> Account:
        return cls(streams, [Tally() for _ in streams], files=[[] for _ in streams])

    def add(self, other: Account) -> None:
        self.read += other.read
        self.examples += other.examples
        self.rejected.update(other.rejected)
        for mine, theirs in zip(self.tallies, other.tallies, strict=True):
            mine.add(theirs)
        self.add_differences(other.differences)
        for files, more in zip(self.files, other.files, strict=True):
            files.extend(more)

    def add_differences(self, counts: Mapping[tuple[str, str, str], Sequence[int]]) -> None:
        for key, (compared, different) in counts.items():
            entry = self.differences.setdefault(key, [0, 0])
            entry[0] += compared
            entry[1] += different

    def to_json(self) -> dict[str, Any]:
        return {
            "read": self.read,
            "examples": self.examples,
            "rejected": dict(sorted(self.rejected.items())),
            "tallies": [t.to_json() for t in self.tallies],
            "differences": [[*key, *counts] for key, counts in self.differences.items()],
            "files": self.files,
        }

    @classmethod
    def from_json(cls, streams: Sequence[Stream], data: Mapping[str, Any]) -> Account:
        return cls(
            streams,
            [Tally.from_json(t) for t in data["tallies"]],
            data["read"],
            data["examples"],
            Counter(data["rejected"]),
            {(t, a, b): [n, d] for t, a, b, n, d in data["differences"]},
            data["files"],
        )

    def out(self) -> int:
        return sum(t.made for t in self.tallies)

    def rejects(self) -> Counter[str]:
        """Rejects of every kind, by reason."""
        total = Counter(self.rejected)
        for tally in self.tallies:
            total.update(tally.rejected)
        return total


def share(part: int, whole: int) -> float | None:
    """A share to four places; None of nothing."""
    return round(part / whole, 4) if whole else None


def stream_report(stream: Stream, tally: Tally, files: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the manifest says of one stream."""
    inflected = {rung: tally.rungs[rung] for rung in RUNGS if tally.rungs[rung]}
    count = sum(inflected.values())
    lexical = "lexicalise" in tally.rules
    return {
        "target": stream[0],
        "recipe": stream[1],
        "out": tally.made,
        "rejected": dict(sorted(tally.rejected.items())),
        "lost": dict(sorted(tally.lost.items())),
        "changed": share(tally.changed, tally.made),
        "words": tally.words,
        "output_words": tally.output_words,
        "edit_rate": share(tally.edits, tally.words),
        "lexicon_coverage": share(tally.translated, tally.content) if lexical else None,
        "inflected_words": count,
        "rungs": {rung: share(n, count) for rung, n in inflected.items()},
        "other_words": {how: n for how, n in sorted(tally.rungs.items()) if how not in RUNGS},
        "rules": dict(sorted(tally.rules.items())),
        "files": list(files),
    }


def manifest(plan: Mapping[str, Any], account: Account, run: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of a run.

    Args:
        plan: What was asked for, with the hashes of everything that decides the outcome.
        account: What came of it.
        run: What may differ from run to run (time, workers); it is outside the hash.

    Returns:
        {"plan", "records", "streams", "differences", "sha256" of those four, "run"}.
    """
    body: dict[str, Any] = {
        "plan": dict(plan),
        "records": {
            "read": account.read,
            "examples": account.examples,
            "rejected": dict(sorted(account.rejected.items())),
        },
        "streams": [
            stream_report(*row) for row in zip(account.streams, account.tallies, account.files, strict=True)
        ],
        "differences": [
            {"target": t, "recipes": [a, b], "compared": n, "different": d, "share": share(d, n)}
            for (t, a, b), (n, d) in account.differences.items()
        ],
    }
    text = json.dumps(body, sort_keys=True, ensure_ascii=False)
    return {**body, "sha256": sha256(text.encode()).hexdigest(), "run": dict(run)}
