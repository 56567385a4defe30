"""A learned inflector for lemmas that no table has (first version: longest-suffix rules)."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from morphaug.errors import MissingResource
from morphaug.features import pos_of

if TYPE_CHECKING:
    from morphaug.paradigms import Paradigms

_FILE = "inflector.json"


class Inflector:
    """Affix-change rules with back-off from long to short contexts."""

    def __init__(self, rules: dict[str, dict[str, list[tuple[str, int]]]], endings: dict[str, str]) -> None:
        self._rules, self._endings = rules, endings

    @classmethod
    def open(cls, path: Path) -> Inflector:
        try:
            data = json.loads((path / _FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise MissingResource(f"no compiled inflector in {path}", "compile the language's tables") from None
        return cls(data["rules"], data["endings"])

    def lemma_ending(self, pos: str) -> str:
        return self._endings.get(pos, "")

    def predict(
        self, lemma: str, bundle: str, cells: Sequence[tuple[str, str]] = (), *, keep: str = ""
    ) -> tuple[str, float] | None:
        from morphaug.paradigms import apply_edit

        table = self._rules.get(bundle)
        if not table:
            return None
        for size in range(min(6, len(lemma)), -1, -1):
            found = table.get(lemma[len(lemma) - size :])
            if not found:
                continue
            total = sum(n for _, n in found)
            for script, n in found:
                if len(lemma) < ord(script[0]) + ord(script[1]) - 66:
                    continue
                form = apply_edit(lemma, script)
                if not keep or keep in form:
                    return form, n / (total + 1.0)
        return None


def compile_inflector(paradigms: Paradigms, folder: Path) -> None:
    rows = ((lemma, form, bundle) for lemma, bundle, form in paradigms.cells())
    rules, endings = _train(rows)
    text = json.dumps({"rules": rules, "endings": endings}, ensure_ascii=False, sort_keys=True)
    (folder / _FILE).write_text(text, encoding="utf-8")


def _train(
    rows: Iterable[tuple[str, str, str]],
) -> tuple[dict[str, dict[str, list[tuple[str, int]]]], dict[str, str]]:
    from morphaug.paradigms import edit

    counts: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    ends: dict[str, Counter[str]] = defaultdict(Counter)
    for lemma, form, bundle in rows:
        script = edit(lemma, form)
        ends[pos_of(bundle)].update(lemma[-k:] for k in (1, 2, 3) if len(lemma) > k)
        if script[0] != "\x03":
            for size in range(min(6, len(lemma)) + 1):
                counts[bundle][lemma[len(lemma) - size :]][script] += 1
    rules = {
        bundle: {c: sorted(found.items(), key=lambda x: (-x[1], x[0]))[:4] for c, found in contexts.items()}
        for bundle, contexts in counts.items()
    }
    endings = {}
    for pos, found in ends.items():
        total = sum(n for end, n in found.items() if len(end) == 1)
        good = [(len(end), n, end) for end, n in found.items() if n >= 0.3 * total]
        endings[pos] = max(good)[2] if good else ""
    return rules, endings
