"""Tables and progress for people; the only module that draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

FOUND = {
    "known": ("table", "syncretic", "grammar"),
    "learned": ("learned",),
    "guess": ("nearest", "lemma"),
}
LEGEND = (
    "changed: share of texts; edited: share of words; lexicon: content words it had a word for;\n"
    "known, learned, guess: inflected forms from table or grammar, from learned rules, and merely likely ones"
)
WIDE = 160  # where the output is no terminal, nobody folds its lines


def console() -> Console:
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDE)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], title: str = "") -> None:
    """Print a table; columns of numbers are set right."""
    drawn = Table(title=title or None, title_justify="left", header_style="bold", pad_edge=False, box=None)
    for at, name in enumerate(columns):
        numeric = all(
            isinstance(row[at], int | float) or row[at] == "-" or row[at][-1:] == "%" for row in rows
        )
        drawn.add_column(
            name, justify="right" if numeric and rows else "left", overflow="fold", min_width=len(name)
        )
    for row in rows:
        drawn.add_row(*[Text(f"{cell:,}" if isinstance(cell, int) else str(cell)) for cell in row])
    console().print(drawn)


@contextmanager
def meter() -> Iterator[Callable[[int, int], None] | None]:
    """A line on stderr with examples done, records written and the rate; None where nobody watches."""
    err = Console(stderr=True)
    if not err.is_terminal:
        yield None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.completed:,.0f} examples"),
        TextColumn("{task.fields[written]:,} records"),
        TextColumn("{task.fields[rate]:,.0f} records/s"),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    ) as progress:
        line = progress.add_task("", total=None, written=0, rate=0.0)
        first: list[int] = []

        def tell(examples: int, written: int) -> None:
            first.append(written) if not first else None
            seconds = progress.tasks[0].elapsed or 1.0
            progress.update(line, completed=examples, written=written, rate=(written - first[0]) / seconds)

        yield tell


@contextmanager
def steps() -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar on stderr for each step of a job, with its rate; None where nobody watches."""
    err = Console(stderr=True)
    if not err.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
        console=err,
        transient=True,
    ) as progress:
        lines: dict[str, TaskID] = {}

        def tell(step: str, done: int, total: int) -> None:
            if step not in lines:
                lines[step] = progress.add_task(step, total=total, rate=0.0)
            line = lines[step]
            progress.update(line, completed=done, rate=done / (progress.tasks[line].elapsed or 1.0))

        yield tell


@contextmanager
def downloads() -> Iterator[Callable[[str, int, int | None], None] | None]:
    """A progress bar for each download on stderr; None where nobody watches."""
    if not Console(stderr=True).is_terminal:
        yield None
        return
    from morphaug.fetch import progress_bar

    with progress_bar() as report:
        yield report


@contextmanager
def training() -> Iterator[Callable[[float], None] | None]:
    """A progress bar for training on stderr; None where nobody watches."""
    err = Console(stderr=True)
    if not err.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("training", total=1.0)
        yield lambda share: bar.update(task, completed=share)


def percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def summary(report: Mapping[str, Any], out: Path) -> None:
    """What a run made, and where it is."""
    rows = []
    for stream in report["streams"]:
        rungs = stream["rungs"]
        found = [sum(rungs.get(rung, 0.0) for rung in group) for group in FOUND.values()]
        rows.append(
            [
                stream["target"],
                stream["recipe"],
                stream["out"],
                sum(stream["rejected"].values()),
                percent(stream["changed"]),
                percent(stream["edit_rate"]),
                percent(stream["lexicon_coverage"]),
                *(map(percent, found) if rungs else ["-"] * len(found)),
            ]
        )
    table(("target", "recipe", "records", "lost", "changed", "edited", "lexicon", *FOUND), rows)
    print(LEGEND)
    if report["differences"]:
        print()
        rows = [[d["target"], *d["recipes"], percent(d["share"])] for d in report["differences"]]
        if len(rows) <= 30:
            table(("target", "recipe", "and", "texts that differ"), rows)
        else:
            least = min(report["differences"], key=lambda d: (d["share"] is None, d["share"]))
            pair = " and ".join(least["recipes"])
            print(
                f"least different pair: {least['target']}, {pair}: {percent(least['share'])} of texts differ"
            )
    read, rejected = report["records"]["read"], report["records"]["rejected"]
    print()
    print(f"{read:,} records read" + (f", {sum(rejected.values()):,} of them unusable" if rejected else ""))
    reasons: dict[str, int] = dict(rejected)
    for stream in report["streams"]:
        for reason, number in stream["rejected"].items():
            reasons[reason] = reasons.get(reason, 0) + number
    if reasons:
        listed = ", ".join(f"{reason} {n:,}" for reason, n in sorted(reasons.items(), key=lambda r: -r[1]))
        print(f"rejected: {listed}")
        print(f"which and why: {out / 'rejects.jsonl'}")
    if reasons.get("internal_error"):
        print("internal_error is a fault of morphaug: please report one with its line of rejects.jsonl")
    print(f"data: {out}/<target>/<recipe>/  account: {out / 'manifest.json'}")


def show_profile(report: Mapping[str, Any]) -> None:
    """Print what ``lookup.profile_report`` gives."""
    mine, theirs = report["language"], report["against"]
    print(f"{mine['name']} ({mine['code']}) beside {theirs['name']} ({theirs['code']})\n")
    rows = [
        [
            d["name"],
            "-" if d["value"] is None else f"{d['value']:.3f}",
            d["features"],
            percent(d["observed"]),
            d["formula"],
        ]
        for d in report["distances"]
    ]
    table(("distance", "value", "features", "observed", "formula"), rows)
    print()
    rows = [
        [
            o["pair"].replace("_", " / "),
            o["order"] or "?",
            "observed" if o["observed"] else "imputed",
            o["against"] or "?",
        ]
        for o in report["orders"]
    ]
    table(("order of", mine["code"], "", theirs["code"]), rows, "Where the first stands to the second")
    print()
    rows = [[f["name"], *_shown(f["value"]), *_shown(f["against"])] for f in report["features"]]
    table(("feature", mine["code"], "source", theirs["code"], "source"), rows, f"{len(rows)} features")
    print()
    if report["morphology"] is None:
        print(f"no paradigm table installed (morphaug resources fetch {mine['code']})")
        return
    rows = [
        [
            pos + (" (thin)" if p["thin"] else ""),
            p["lemmas"],
            p["bundles"],
            percent(p["prefixing"]),
            percent(p["suffixing"]),
            percent(p["syncretism"]),
            "; ".join(f"{name}: {' '.join(items)}" for name, items in p["dimensions"].items()),
        ]
        for pos, p in report["morphology"]["parts"].items()
    ]
    columns = ("POS", "lemmas", "bundles", "prefixing", "suffixing", "syncretism", "attested")
    table(columns, rows, "What the paradigm table attests")
    for pos in report["morphology"]["missing"]:
        print(f"{pos}: missing from the table, which does not mean that it does not inflect")


def _shown(value: Mapping[str, Any]) -> tuple[str, str]:
    number = "?" if value["value"] is None else f"{value['value']:g}"
    return number, ",".join(value["sources"])
