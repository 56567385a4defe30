"""Charts as SVG text, from plain numbers: small functions, no scripts, no outside resources.

A unit is a pixel at phone width: no chart is wider than `WIDE` units and no letter lower than 11, so that a page
360 pixels wide shows them unscaled. Colours come from classes that the page's style sheet knows (page.css).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from harness.study.tables import number, signed

WIDE = 328
SMALL = 158  # two stand side by side on a phone
TONES, PARTS = 6, 8  # colours of the style sheet, beside that of the controls
LETTER = 6.9  # units, about, of one letter of the labels: over-long labels are cut by it


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart.

    Attributes:
        title: What it shows, also said to those who cannot see it.
        width: Units.
        svg: The whole element.
    """

    title: str
    width: int
    svg: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of `strip`, or a column of `slope`.

    Attributes:
        label: Its name.
        dots: The value of each seed, by the seed's name.
        mean, low, high: The mean over seeds and its interval; None where there is none.
        tone: Which colour (0 is that of the controls).
        hollow: Marked as exploratory, or as unmatched.
        band: Half the width of the grey band about the reference (the detectable difference).
        value: The numbers as text, at the right.
    """

    label: str
    dots: Mapping[str, float]
    mean: float | None
    low: float | None
    high: float | None
    tone: int = 0
    hollow: bool = False
    band: float | None = None
    value: str = ""

    def numbers(self) -> list[float]:
        found = [*self.dots.values(), self.mean, self.low, self.high]
        return [value for value in found if value is not None]


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values to units."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers that take in both ends.

    >>> ticks(0.3, 2.1), ticks(5, 5, 3)
    ([0.0, 0.5, 1.0, 1.5, 2.0, 2.5], [4.0, 5.0, 6.0])
    """
    if high - low < 1e-9:
        low, high = low - 1, high + 1
    power = 10 ** math.floor(math.log10((high - low) / most))
    step = next(s * power for s in (1, 2, 2.5, 5, 10, 20) if (high - low) / (s * power) <= most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * i, 10) for i in range(first, last + 1)]


def strip(
    key: str, title: str, rows: Sequence[Row], *, axis: str, reference: tuple[str, float] | None
) -> Chart:
    """Dots for the seeds, mean and interval below them: a row for each arm or contrast.

    Args:
        key: An id that no other chart of the page has.
        title: What is shown.
        rows: From the top.
        axis: What the numbers are ("F1, points").
        reference: A dashed line: its name and where it stands.
    """
    pitch = 44
    bottom = pitch * len(rows)
    values = [value for row in rows for value in row.numbers()] + ([reference[1]] if reference else [])
    zero = reference[1] if reference else 0.0
    values += [zero + side * row.band for row in rows if row.band is not None for side in (-1, 1)]
    marks = ticks(min(values, default=0), max(values, default=1))
    x = Scale(marks[0], marks[-1], 12, WIDE - 14)
    body = [_line(x(m), 0, x(m), bottom, "grid") + _text(x(m), bottom + 14, _tick(m), "mid s") for m in marks]
    if reference:
        body.append(_line(x(zero), 0, x(zero), bottom, "reference"))
    body += [_strip_row(row, at * pitch, x, zero) for at, row in enumerate(rows)]
    name = axis + (f" (dashed: {reference[0]})" if reference else "")
    body.append(_text(x.start, bottom + 32, _cut(name, WIDE - 20), "s"))
    return _chart(key, title, _desc(rows), WIDE, bottom + 40, body)


def _strip_row(row: Row, top: int, x: Scale, zero: float) -> str:
    out = []
    if row.band is not None:
        left, right = x(zero - row.band), x(zero + row.band)
        out.append(f'<rect class="band" x="{left}" y="{top + 18}" width="{right - left:.1f}" height="22"/>')
    room = WIDE - 20 - len(row.value) * LETTER
    out.append(_text(2, top + 13, _cut(row.label, room), "label"))
    out.append(_text(WIDE - 2, top + 13, row.value or "–", "end s"))
    out += [_dot(x(value), top + 23, seed, value) for seed, value in row.dots.items()]
    if row.low is not None and row.high is not None:
        out.append(_line(x(row.low), top + 34, x(row.high), top + 34, "interval"))
    if row.mean is not None:
        out.append(_mean(x(row.mean), top + 34, row.hollow))
    return f'<g class="tone{row.tone}"><title>{escape(_said(row))}</title>{"".join(out)}</g>'


def slope(
    key: str, title: str, heading: str, rows: Sequence[Row], *, marks: Sequence[float], note: str
) -> Chart:
    """Columns of dots, the same seed joined by a line: one evaluation of the crossover.

    Args:
        key: An id that no other chart of the page has.
        title: What is shown.
        heading: Stands above the chart.
        rows: The columns from the left; the dots of one seed have one name in all of them.
        marks: The vertical axis' round numbers, from the lowest.
        note: Stands below.
    """
    height, width = 212, max(SMALL, 34 + 62 * len(rows))
    y = Scale(marks[0], marks[-1], 152, 28)
    body = [_line(30, y(m), width - 4, y(m), "grid") + _text(26, y(m) + 4, _tick(m), "end s") for m in marks]
    at = [34 + (width - 36) * (i + 0.5) / max(len(rows), 1) for i in range(len(rows))]
    for left, right, one, other in zip(at, at[1:], rows, rows[1:], strict=False):
        for seed, value in one.dots.items():
            if seed in other.dots:
                body.append(_line(left, y(value), right, y(other.dots[seed]), "join"))
        if one.mean is not None and other.mean is not None:
            body.append(_line(left, y(one.mean), right, y(other.mean), "joined"))
    for place, row in zip(at, rows, strict=True):
        dots = [_dot(place, y(value), seed, value) for seed, value in row.dots.items()]
        if row.mean is not None:
            dots.append(_mean(place, y(row.mean), row.hollow))
        label = _text(place, 170, _cut(row.label, 64), "mid label") + _text(place, 186, row.value, "mid s")
        body.append(
            f'<g class="tone{row.tone}"><title>{escape(_said(row))}</title>{"".join(dots)}{label}</g>'
        )
    body += [_text(2, 13, _cut(heading, width), "label strong"), _text(2, 206, note, "s")]
    return _chart(key, title, f"{_desc(rows)}; {note}", width, height, body)


def scatter(
    key: str, title: str, points: Sequence[tuple[str, float, float]], *, across: str, tones: Mapping[str, int]
) -> Chart:
    """Labelled points: gain against distance.

    Args:
        key: An id that no other chart of the page has.
        title: What is shown.
        points: A name, its distance, its gain.
        across: What the horizontal axis is.
        tones: The colour of each name.
    """
    width, height = SMALL, 196
    xs = ticks(0.0, max((distance for _, distance, _ in points), default=1.0), 3)
    ys = ticks(min([0.0, *(gain for *_, gain in points)]), max([0.0, *(gain for *_, gain in points)]), 4)
    x, y = Scale(xs[0], xs[-1], 40, width - 12), Scale(ys[0], ys[-1], 152, 28)
    body = [_line(40, y(m), width - 4, y(m), "grid") + _text(34, y(m) + 4, _tick(m), "end s") for m in ys]
    body += [_text(x(m), 168, _tick(m), "mid s") for m in xs]
    body.append(_line(40, y(0), width - 4, y(0), "reference"))
    for name, distance, gain in points:
        tip = f"<title>{escape(f'{name}: distance {distance:.2f}, {signed(gain)} points')}</title>"
        mark = _mean(x(distance), y(gain), False) + _text(
            x(distance), y(gain) - 9, _cut(name, 50), "mid label"
        )
        body.append(f'<g class="tone{tones.get(name, 0)}">{tip}{mark}</g>')
    body += [_text(2, 12, "points gained", "s"), _text(40, 186, _cut(across, width - 40), "s")]
    said = "; ".join(f"{name} at {distance:.2f}: {signed(gain)}" for name, distance, gain in points)
    return _chart(key, title, said, width, height, body)


def lines(
    key: str, title: str, heading: str, series: Mapping[str, Sequence[tuple[float, float | None]]], *,
    end: float, marks: Sequence[float], tone: int,
) -> Chart:  # fmt: skip
    """Thin lines, one for each seed: a learning curve.

    Args:
        key: An id that no other chart of the page has.
        title: What is shown.
        heading: Stands above the chart.
        series: (step, value) of each seed; without a value, a gap is drawn over.
        end: Where the horizontal axis ends.
        marks: The vertical axis' round numbers, from the lowest.
        tone: The colour.
    """
    x, y = Scale(0, end or 1, 34, SMALL - 4), Scale(marks[0], marks[-1], 92, 26)
    body = [_line(34, y(m), SMALL - 4, y(m), "grid") + _text(30, y(m) + 4, _tick(m), "end s") for m in marks]
    body += [_text(34, 108, "0", "mid s"), _text(SMALL - 4, 108, f"{end:,.0f} steps", "end s")]
    last = []
    for seed, points in series.items():
        known = [(step, value) for step, value in points if value is not None]
        path = " ".join(f"{x(step):g},{y(value):g}" for step, value in known)
        body.append(f'<polyline points="{path}"><title>seed {escape(seed)}</title></polyline>')
        last += [value for _, value in known[-1:]]
    said = (
        f"{len(last)} seeds; the last values lie from {number(min(last), 2)} to {number(max(last), 2)}."
        if last
        else ""
    )
    group = [f'<g class="tone{tone} curve">', *body, "</g>", _text(2, 13, _cut(heading, SMALL), "label")]
    return _chart(key, title, said, SMALL, 114, group)


def stacked(
    key: str, title: str, rows: Sequence[tuple[str, Mapping[str, float]]], parts: Sequence[str]
) -> Chart:
    """One bar for each row, cut into shares.

    Args:
        key: An id that no other chart of the page has.
        title: What is shown.
        rows: A label, and the share of each part (0 to 1).
        parts: In their order; a part's place is its colour.
    """
    body, said = [], []
    for at, (label, shares) in enumerate(rows):
        top, left = at * 40, 0.0
        body.append(_text(2, top + 13, _cut(label, WIDE), "label"))
        for place, part in enumerate(parts):
            share = max(0.0, min(1.0 - left, shares.get(part, 0.0)))
            box = f'x="{left * WIDE:.1f}" y="{top + 18}" width="{share * WIDE:.1f}" height="14"'
            tip = escape(f"{part}: {share:.1%}")
            body.append(
                f'<rect class="part{place % PARTS}" {box}><title>{tip}</title></rect>' if share > 0 else ""
            )
            left += share
        said.append(label + ": " + ", ".join(f"{p} {shares[p]:.1%}" for p in parts if p in shares))
    return _chart(key, title, "; ".join(said), WIDE, 40 * len(rows), body)


# -- pieces ---------------------------------------------------------------------------------------------


def _chart(key: str, title: str, desc: str, width: int, height: int, body: Sequence[str]) -> Chart:
    head = (
        f'<svg role="img" aria-labelledby="{key}-t {key}-d" viewBox="0 0 {width} {height}" style="--w:{width}">'
        f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(desc)}</desc>'
    )
    return Chart(title, width, head + "".join(body) + "</svg>")


def _said(row: Row) -> str:
    spread = "" if row.low is None or row.high is None else f" [{number(row.low)}, {number(row.high)}]"
    seeds = f", {len(row.dots)} seeds" if row.dots else ", no run"
    return f"{row.label}: {number(row.mean)}{spread}{seeds}"


def _desc(rows: Sequence[Row]) -> str:
    return "; ".join(map(_said, rows)) or "Nothing to show."


def _tick(value: float) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


def _cut(text: str, room: float) -> str:
    letters = max(int(room / LETTER), 2)
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'


def _dot(x: float, y: float, seed: str, value: float) -> str:
    tip = f"<title>{escape(f'seed {seed}: {number(value)}')}</title>"
    return f'<circle class="seed" cx="{x:g}" cy="{y:g}" r="3.2">{tip}</circle>'


def _mean(x: float, y: float, hollow: bool) -> str:
    kind = "mean hollow" if hollow else "mean"
    return f'<path class="{kind}" d="M{x:g} {y - 5:g}l5 5l-5 5l-5 -5z"/>'
