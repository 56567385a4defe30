"""Tables for people: results, plans, tasks. The only module of the harness that draws, besides the progress bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from morphaug.show import table


def duration(seconds: float) -> str:
    """
    >>> duration(42), duration(200), duration(7300)
    ('42 s', '3 min 20 s', '2 h 2 min')
    """
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def show_results(results: Mapping[str, Any]) -> None:
    """The phases of a run, then each task's scores by language."""
    phases = results.get("phases", {})
    if phases:
        rows = [
            [
                name,
                phase["key"],
                "found" if phase["cached"] else "trained",
                phase["steps"],
                phase["tokens"],
                duration(phase["seconds"]),
                _selection(phase.get("selection")),
            ]
            for name, phase in phases.items()
        ]
        table(("phase", "key", "", "steps", "tokens", "took", "selected on English development data"), rows)
    for task, found in results.get("scores", {}).items():
        names = list(found["average"])
        print(f"\n{task}, {found['split']}, {found['chosen_by']}:")
        rows = [
            [language, scores["examples"], *(f"{scores[name]:.2f}" for name in names)]
            for language, scores in found["languages"].items()
        ]
        rows.append(["average", sum(row[1] for row in rows), *(f"{found['average'][n]:.2f}" for n in names)])
        table(("language", "examples", *names), rows)
        if found.get("oracle"):
            print("oracle (target-language development data; nothing was chosen by it):")
            rows = [
                [language, s["examples"], *(f"{s[name]:.2f}" for name in names)]
                for language, s in found["oracle"].items()
            ]
            table(("language", "examples", *names), rows)
    if results.get("folder"):
        print(f"\nresults: {results['folder']}")


def _selection(selection: Mapping[str, Any] | None) -> str:
    if not selection:
        return "last step"
    from harness.measure import main_score
    from harness.tasks import TASKS

    values = selection["values"].items()
    scores = ", ".join(f"{task} {found[main_score(TASKS[task])]:.2f}" for task, found in values)
    return f"step {selection['step']:,}: {scores}"


def show_plan(found: Mapping[str, Any]) -> None:
    """What a run would do."""
    rows = [
        [
            name,
            phase["key"],
            {"finished": "finished", "begun": "to go on with"}.get(phase["state"], "to train"),
            ", ".join(f"{task} {units:,}" for task, units in phase["units"].items())
            + (f"; consistency: {phase['consistency']}" if phase["consistency"] else ""),
            phase["steps"],
            phase["tokens"],
            duration(phase["seconds"]) if phase["seconds"] else "-",
        ]
        for name, phase in found["phases"].items()
    ]
    if rows:
        table(("phase", "key", "state", "units", "steps", "tokens", "about"), rows)
    for measured in found["evaluate"]:
        languages = ", ".join(measured["languages"])
        print(f"evaluate {measured['task']}, {measured['split']}: {languages}")
    print(f"time: {found['basis']}")


def tasks_report() -> list[dict[str, Any]]:
    """Every task of the registry, as JSON."""
    from harness.tasks import TASKS

    return [
        {
            "name": task.name,
            "family": task.family,
            "languages": list(task.languages),
            "hub": task.hub.name if task.hub else None,
            "files": list(task.files),
        }
        for task in TASKS.values()
    ]


def show_tasks() -> None:
    """Every task of the registry, a line each."""
    rows = [
        [
            task["name"],
            task["family"],
            str(len(task["languages"]) or "any"),
            task["hub"] or "-",
            ", ".join(task["files"][:3]),
        ]
        for task in tasks_report()
    ]
    table(("task", "family", "languages", "on the Hub", "official files"), rows)
