"""The study's report: its files, what they must not lose or let through, and the page in a real browser."""

from __future__ import annotations

import csv
import json
import shutil
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from study_results import HOSTILE, nothing_yet, results

from harness.study.blocks import Table
from harness.study.markdown import escaped, markdown
from harness.study.report import write_report
from harness.study.sections import sections
from harness.study.tables import COLUMNS, number, rows_of, signed

KEYS = [
    "answer", "registered", "arms", "contrasts", "crossover", "informed", "distance", "slices", "curves", "corpora",
    "costs", "seen", "design", "holes", "versions",
]  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_report(results(), folder)
    return folder


class Parsed(HTMLParser):
    """Elements, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_file_is_there_once_and_nothing_else(tmp_path: Path) -> None:
    files = write_report(results(), tmp_path / "new" / "folder")
    again = write_report(results(), tmp_path / "new" / "folder")
    assert files == again
    assert files[0].name == "results.json"
    assert sorted(files) == sorted(path for path in (tmp_path / "new").rglob("*") if path.is_file())


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (write_report(results(), tmp_path / name) for name in "ab")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_results_are_kept_and_what_is_not_finite_becomes_null(tmp_path: Path) -> None:
    told = results()
    told["scores"][0]["mean"] = float("nan")
    told["contrasts"][0]["by_seed"] = (1.0, float("inf"))
    write_report(told, tmp_path)
    read = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert read["scores"][0]["mean"] is None
    assert read["contrasts"][0]["by_seed"] == [1.0, None]
    assert read["scores"][1:] == results()["scores"][1:]


def shown(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_csv_holds_exactly_the_rows(written: Path, name: str) -> None:
    rows = rows_of(results(), name)
    assert rows
    with (written / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        read = list(csv.DictReader(stream))
    assert [{k: v for k, v in row.items() if v} for row in read] == [
        {k: shown(v) for k, v in row.items() if shown(v)} for row in rows
    ]


def test_a_csv_keeps_columns_that_nobody_foresaw(tmp_path: Path) -> None:
    told = results()
    told["costs"][1]["watts"] = 65
    write_report(told, tmp_path)
    header = (tmp_path / "tables" / "costs.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "arm,target,language,minutes,points,minutes_per_point,over,watts"


def test_markdown_has_every_contrast_with_its_numbers(written: Path) -> None:
    lines = (written / "report.md").read_text(encoding="utf-8").splitlines()
    for row in results()["contrasts"]:
        name, cell = (
            escaped(f"{row['arm']} − {row['over']}"),
            f"| {row['target']} ({row['task']}), {row['language']} |",
        )
        (found,) = [
            line for line in lines
            if line.startswith(f"| {name} {cell}") and ("case-marked" in line) == (row["slice"] == "case-marked")
        ]  # fmt: skip
        assert signed(row["delta"]) in found
        assert f"| {number(row['mde'])} |" in found


def test_the_answer_stands_word_for_word(written: Path) -> None:
    answer = results()["answer"]
    page = Parsed((written / "report.html").read_text(encoding="utf-8"))
    for said in (answer["verdict"], answer["paragraph"], *answer["limits"]):
        assert said in page.text
        assert escaped(said) in (written / "report.md").read_text(encoding="utf-8")


def test_every_mean_is_one_of_the_results_and_none_is_put_together() -> None:
    told = results()
    tables = [block for s in sections(told) for block in s.blocks if isinstance(block, Table)]
    scores = [table for table in tables if "Mean" in table.columns]
    means = [row[table.columns.index("Mean")] for table in scores for row in table.rows]
    assert sorted(means) == sorted(number(row["mean"]) for row in told["scores"])
    for target in ("ner", "pos"):
        (table,) = [
            t for t in scores if t.caption.startswith(f"Scores of {target}") and "slice" not in t.caption
        ]
        assert len(table.rows) == sum(s["target"] == target and s["slice"] == "all" for s in told["scores"])


def test_holes_are_listed_and_an_arm_without_runs_is_shown_as_such(written: Path) -> None:
    page = Parsed((written / "report.html").read_text(encoding="utf-8"))
    assert "no run" in page.text  # the arm "target" has none for pos
    (holes,) = [s for s in sections(results()) if s.key == "holes"]
    (table,) = [block for block in holes.blocks if isinstance(block, Table)]
    assert sum(len(row[2].split(", ")) for row in table.rows) == len(results()["holes"])


def test_a_changed_plan_is_said_aloud(tmp_path: Path) -> None:
    told = results()
    told["registered"]["changed"] = True
    write_report(told, tmp_path)
    assert "**The primary contrast was changed" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_hostile_text_stays_text(written: Path) -> None:
    html, text = ((written / f"report.{end}").read_text(encoding="utf-8") for end in ("html", "md"))
    page = Parsed(html)
    assert "script" not in page.tags
    assert HOSTILE in page.text
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "<script" not in text
    assert "[a](b)" not in text
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "told", [{}, {"name": "x", "answer": None}, nothing_yet()], ids=["none", "name", "planned"]
)
def test_a_study_that_has_not_begun_says_so(told: dict[str, Any], tmp_path: Path) -> None:
    write_report(told, tmp_path)
    page = Parsed((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "nothing has been run" in page.text
    assert {value for name, value in page.attributes if name == "id"} >= set(KEYS)
    assert (tmp_path / "tables" / "scores.csv").read_text(encoding="utf-8").count("\n") == 1


IDENTITY = {"arm", "target", "language", "seed", "name", "seeds_planned"}


@pytest.mark.parametrize("name", COLUMNS)
def test_numbers_that_are_missing_are_shown_as_such(name: str) -> None:
    keys = [key for key in rows_of(results(), name)[0] if key not in IDENTITY]
    for nulls in (*([key] for key in keys), keys):
        told = results()
        told["curves"] = told["curves"][:16] if name == "curves" else []  # the slowest to draw
        for row in rows_of(told, name):
            row |= dict.fromkeys(nulls)  # type: ignore[operator]
        text = markdown("study", sections(told))
        assert "None" not in text
        assert "nan" not in text


# -- in a browser -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no chromium, chromium-browser or google-chrome is installed")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=["--no-sandbox"], timeout=120_000)
        yield started
        started.close()


SIZES = """() => [...document.querySelectorAll('svg')].map(svg => {
    const scale = svg.getScreenCTM().a, box = svg.getBoundingClientRect();
    const letters = [...svg.querySelectorAll('text')];
    return {
        width: box.width, height: box.height,
        letter: Math.min(...letters.map(t => parseFloat(getComputedStyle(t).fontSize) * scale)),
        out: letters.map(t => t.getBoundingClientRect()).filter(r => r.left < box.left - 3 || r.right > box.right + 3).length,
        names: svg.querySelector(':scope > title').textContent.length * svg.querySelector(':scope > desc').textContent.length,
    };
})"""

# Where a name and the numbers beside it touch.
TOUCHING = """() => [...document.querySelectorAll('#arms svg g, #contrasts svg g')].filter(g => {
    const [name, numbers] = ['.label', '.end'].map(kind => g.querySelector(kind).getBoundingClientRect());
    return name.right > numbers.left;
}).length"""

# Text and the page behind it: WCAG's contrast of the worst pair.
CONTRAST = """() => {
    const light = rgb => {
        const [r, g, b] = rgb.match(/[\\d.]+/g).slice(0, 3)
            .map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = el => {
        for (; el; el = el.parentElement) {
            const found = getComputedStyle(el).backgroundColor;
            if (!found.startsWith('rgba(0, 0, 0, 0')) return found;
        }
    };
    const all = [...document.querySelectorAll('p, li, a, th, td, summary, svg text')].map(el => {
        const style = getComputedStyle(el);
        const pair = [light(el.matches('svg *') ? style.fill : style.color), light(behind(el))].sort((a, b) => b - a);
        return (pair[0] + 0.05) / (pair[1] + 0.05);
    });
    return Math.min(...all);
}"""


def not_blank(png: bytes) -> bool:
    """Whether a PNG shows more than a few colours: its scan lines hold many different bytes."""
    at, data = 8, b""
    while at < len(png):
        length, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        data += png[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    return len(set(zlib.decompress(data))) > 40


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (768, "light"), (1280, "dark")])
def test_the_page_is_readable(browser: Any, written: Path, width: int, scheme: str, tmp_path: Path) -> None:
    said: list[str] = []
    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.set_default_timeout(120_000)  # the machine may be busy
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((written / "report.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert [section.get_attribute("id") for section in page.query_selector_all("main > section")] == KEYS
    charts = page.evaluate(SIZES)
    assert len(charts) > 30
    for chart in charts:
        assert chart["width"] > 100
        assert chart["height"] > 50
        assert chart["letter"] >= 10
        assert chart["out"] == 0
        assert chart["names"] > 0
    assert page.evaluate(TOUCHING) == 0
    assert page.evaluate(CONTRAST) >= 4.5
    page.screenshot(path=tmp_path / "page.png")
    assert not_blank((tmp_path / "page.png").read_bytes())
    page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert said == []
    assert asked == [(written / "report.html").as_uri()]
    page.close()


def test_an_empty_page_is_readable_too(browser: Any, tmp_path: Path) -> None:
    write_report(nothing_yet(), tmp_path)
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.set_default_timeout(120_000)
    page.goto((tmp_path / "report.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert not_blank(page.screenshot())
    page.close()
