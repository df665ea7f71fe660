"""Charts as SVG that the server draws: bars, a line with a band, dots with intervals, a timeline.

Sources: W3C, WAI tutorials on complex images; SVG Accessibility API Mappings 1.0. Invariants: a chart
is one image with a title and a description, and the table it was drawn from stands below it; each
mark is labelled where it stands, so there is no legend to match colours with; light and dark tell two
series apart, never red and green; presentation attributes only, for the policy of the pages lets no
style in. Does not: decide what to count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from comity.instant import Instant
from comity.web.pages.wording import number_said

WIDE: Final = 480
ROW: Final = 52
"""A label, and what it labels below it: so a chart of 480 can still be read on a telephone."""
DARK: Final = "#162e51"
LIGHT: Final = "#73b3e7"
BAND: Final = "#d9e8f6"
RULE: Final = "#a9aeb1"
_ENDS: Final = 90
"""Room for the number at the end of a row."""
_SIGN: Final = 9
"""Room for a letter or a digit."""
_EDGE: Final = 36
"""Room for half of a label at either end of a line."""


class Bar(msgspec.Struct, frozen=True):
    """A bar in one or two parts, the first dark and the second light. None: not shown."""

    label: str
    first: int | None
    second: int | None = 0


class Spot(msgspec.Struct, frozen=True):
    """A point of a line, with the band around it."""

    label: str
    value: float
    low: float
    high: float


class Span(msgspec.Struct, frozen=True):
    """A stretch of a timeline; `until` None: to the edge. `strong` is filled, the others outlined."""

    label: str
    since: Instant | None
    until: Instant | None
    strong: bool = True


def bars(
    title: str,
    says: str,
    rows: Sequence[Bar],
    small: str = "",
    parts: tuple[str, str] | None = None,
) -> Markup:
    """Bars from left to right, one a row.

    `small` stands for a part that is not shown; `parts` says above them which part is which.
    """
    most = max((sum(part or 0 for part in (row.first, row.second)) for row in rows), default=0)
    said = [_numbers(row, small) for row in rows]
    ends = max((len(one) for one in said), default=0) * _SIGN + 8
    scale = max(WIDE - ends, WIDE / 4) / max(most, 1)
    drawn, head = [], 0
    if parts is not None:
        head, second_at = 26, len(parts[0]) * _SIGN + 46
        drawn += [_box(0, 2, 16, 16, DARK), _text(22, 16, parts[0])]
        drawn += [_box(second_at, 2, 16, 16, LIGHT), _text(second_at + 22, 16, parts[1])]
    for place, row in enumerate(rows):
        top = head + place * ROW + 20
        first, second = (row.first or 0) * scale, (row.second or 0) * scale
        drawn.append(_text(0, top - 5, row.label))
        drawn.append(_box(0, top, first, 22, DARK))
        drawn.append(_box(first, top, second, 22, LIGHT))
        drawn.append(_text(first + second + 6, top + 16, said[place]))
    return _image(title, says, head + len(rows) * ROW, drawn)


def line(title: str, says: str, spots: Sequence[Spot]) -> Markup:
    """A line with its band; the first, the last and the highest point carry their numbers."""
    tall, foot = 220, 26
    top = max((spot.high for spot in spots), default=0) or 1
    step = (WIDE - _EDGE * 2) / max(len(spots) - 1, 1)

    def across(place: int) -> float:
        return _EDGE + place * step

    def down(value: float) -> float:
        return 12 + (tall - foot - 12) * (1 - value / top)

    upper = [f"{across(i):.1f},{down(spot.high):.1f}" for i, spot in enumerate(spots)]
    lower = [f"{across(i):.1f},{down(spot.low):.1f}" for i, spot in enumerate(spots)]
    middle = [f"{across(i):.1f},{down(spot.value):.1f}" for i, spot in enumerate(spots)]
    drawn = [
        Markup('<polygon points="{}" fill="{}"/>').format(" ".join(upper + lower[::-1]), BAND),
        Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="3"/>').format(
            " ".join(middle), DARK
        ),
        _rule(_EDGE, tall - foot, WIDE - _EDGE, tall - foot),
    ]
    if spots:
        ends = {0, len(spots) - 1, max(range(len(spots)), key=lambda i: spots[i].value)}
        for place in sorted(ends):
            spot = spots[place]
            drawn.append(_dot(across(place), down(spot.value)))
            above = down(spot.value) - 8
            drawn.append(_text(across(place), max(above, 12), number_said(spot.value), "middle"))
            drawn.append(_text(across(place), tall - 6, spot.label, "middle"))
    return _image(title, says, tall, drawn)


def intervals(title: str, says: str, spots: Sequence[Spot], mark: float | None = None) -> Markup:
    """A dot with its interval a row. `mark` is a value that all are held against."""
    top = max([*(spot.high for spot in spots), mark or 0], default=0) or 1
    scale = (WIDE - _ENDS) / top
    drawn = []
    if mark is not None:
        drawn.append(_rule(mark * scale, 0, mark * scale, len(spots) * ROW))
    for place, spot in enumerate(spots):
        middle = place * ROW + 32
        left, right = spot.low * scale, spot.high * scale
        drawn.append(_text(0, middle - 16, spot.label))
        drawn.append(_rule(left, middle, right, middle, DARK, 3))
        drawn.append(_dot(max(spot.value * scale, 6), middle))
        drawn.append(_text(right + 12, middle + 5, number_said(spot.value)))
    return _image(title, says, len(spots) * ROW, drawn)


def timeline(
    title: str,
    says: str,
    spans: Sequence[Span],
    bounds: tuple[Instant, Instant],
    ends: tuple[str, str],
) -> Markup:
    """Stretches of time, one a row, between two instants whose words are `ends`."""
    first, last = bounds
    scale = WIDE / max(last - first, 1)
    drawn = []
    for place, span in enumerate(spans):
        top = place * ROW + 20
        left = max((first if span.since is None else span.since) - first, 0) * scale
        right = min((last if span.until is None else span.until) - first, last - first) * scale
        drawn.append(_text(0, top - 5, span.label))
        wide = max(right - left, 2)
        fill = DARK if span.strong else "#fff"
        drawn.append(_box(left, top, min(wide, WIDE - left), 22, fill, RULE))
    foot = len(spans) * ROW + 18
    drawn.append(_text(0, foot, ends[0]))
    drawn.append(_text(WIDE, foot, ends[1], "end"))
    return _image(title, says, foot + 8, drawn)


def _numbers(row: Bar, small: str) -> str:
    parts = [part for part in (row.first, row.second) if part != 0] or [0]
    return " + ".join(small if part is None else number_said(part) for part in parts)


def _image(title: str, says: str, tall: float, drawn: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg role="img" viewBox="0 0 {wide} {tall}" width="{wide}" height="{tall}" '
        'aria-label="{title}"><title>{title}</title><desc>{says}</desc>{drawn}</svg>'
    ).format(wide=WIDE, tall=round(tall), title=title, says=says, drawn=Markup("").join(drawn))


def _box(x: float, y: float, wide: float, tall: float, fill: str, edge: str = "") -> Markup:
    if wide <= 0:
        return Markup("")
    stroke = Markup(' stroke="{}"').format(edge) if edge else ""
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}" fill="{}"{}/>').format(
        x, y, wide, tall, fill, stroke
    )


def _text(x: float, y: float, said: str, anchor: str = "start") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        x, y, anchor, said
    )


def _rule(
    x: float, y: float, to_x: float, to_y: float, colour: str = RULE, wide: int = 1
) -> Markup:
    return Markup(
        '<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="{}"/>'
    ).format(x, y, to_x, to_y, colour, wide)


def _dot(x: float, y: float) -> Markup:
    return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="6" fill="{}"/>').format(x, y, DARK)
