"""One printable page that says what a draft would have changed.

Source: issue "Replay"; docs/replay.md. Invariants: every number of the page is of `Flips`; no
row of it names a person, an officer, a record or an instant; what of the history is real and
what was drawn by a seed stands on the page; it needs no other file, no script and no network.
Does not: write files, or read a clock (`made_at` is an argument).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

import msgspec
import polars as pl

from comity.oversight.apart import ROWS
from comity.oversight.replay import CHANGES, CLOSES, OPENS, UNDECIDABLE, Flips

MOST: Final = 12
"""Lines of a table; how many more there are stands below it."""

WORDS: Final = {
    OPENS: "refused today, permitted by the draft",
    CLOSES: "permitted today, refused by the draft",
    UNDECIDABLE: "cannot be decided from what was kept",
}


_SUMS: Final = {
    OPENS: "opens: refused today, permitted by the draft",
    CLOSES: "closes: permitted today, refused by the draft",
    UNDECIDABLE: "cannot be decided from what was kept",
}


class Stream(msgspec.Struct, frozen=True):
    """What a history made of public streams says of itself; `real` and `drawn` are columns."""

    sources: tuple[str, ...]
    seed: int
    times: int
    real: tuple[str, ...]
    drawn: tuple[str, ...]


class Heading(msgspec.Struct, frozen=True):
    """What was replayed over what. Texts by ref, instants and spans in words."""

    draft: str
    title: str
    digest: str
    replaces: tuple[str, ...]
    today: tuple[str, ...]
    span: str
    history: str
    made_at: str
    stream: Stream | None = None


def report_page(flips: Flips, heading: Heading) -> str:
    """The page, as HTML."""
    parts = [
        f"<h1>What would change: {escape(heading.title)}</h1>",
        _about(flips, heading),
        _summary(flips),
        _table(flips, "By clause", ("change", "clause"), ("What changes", "By which clause")),
        _table(flips, "By agency", ("agency", "change"), ("Agency", "What changes")),
        _table(flips, "By purpose", ("purpose", "change"), ("Purpose", "What changes")),
        _table(flips, "By act and data class", ("act", "change"), ("Act", "What changes")),
        _months(flips),
        _undecidable(flips),
        *(_examples(flips, change) for change in CHANGES),
        _provenance(heading),
    ]
    return _PAGE.format(
        title=escape(heading.draft), style=_STYLE, body="\n".join(filter(None, parts))
    )


def _about(flips: Flips, heading: Heading) -> str:
    replaces = ", ".join(heading.replaces) or "no text: it is added"
    lines = [
        ("Draft", f"{heading.draft} ({heading.digest[:16]}…)"),
        ("In place of", replaces),
        ("Law of today", ", ".join(heading.today) or "none"),
        ("History", f"{heading.history}; {heading.span}"),
        ("Worked out", heading.made_at),
        (
            "How",
            (
                f"{flips.rows:,} inquiries of {flips.kinds:,} kinds, each decided by the reference"
                f" engine: {flips.classes:,} answers asked for, {len(flips.asked)} of"
                f" {flips.clauses} rules worked out anew, the others from stored masks. Both bodies"
                " of law decide as if each had been in force all the time."
            ),
        ),
    ]
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in lines)
    return f"<dl>{rows}</dl>"


def _summary(flips: Flips) -> str:
    cells = [
        (f"{flips.inquiries[change]:,}", f"inquiries in which something {_SUMS[change]}")
        for change in CHANGES
    ]
    boxes = "".join(f"<li><b>{number}</b> {escape(text)}</li>" for number, text in cells)
    return (
        f'<ul class="sums">{boxes}</ul>'
        f"<p>of {flips.rows:,} inquiries. An inquiry asks for several data classes and may count"
        " under more than one; the tables below count each act of each inquiry.</p>"
    )


def _table(flips: Flips, title: str, by: Sequence[str], headings: Sequence[str]) -> str:
    found = flips.by(*by)
    if not found.height:
        return ""
    rows = [
        (*(WORDS[row[name]] if name == "change" else row[name] for name in by), row[ROWS])
        for row in found.head(MOST).iter_rows(named=True)
    ]
    more = found.height - len(rows)
    below = f"<p>and {more:,} lines more</p>" if more > 0 else ""
    return f"<section><h2>{title}</h2>{_grid((*headings, 'Acts'), rows)}{below}</section>"


def _months(flips: Flips) -> str:
    """Every month, a column a change: a course in time is not cut off."""
    found = flips.by("month", "change")
    if not found.height:
        return ""
    wide = {month: dict.fromkeys(CHANGES, 0) for month in sorted(set(found["month"].to_list()))}
    for row in found.iter_rows(named=True):
        wide[row["month"]][row["change"]] = row[ROWS]
    rows = [(month, *changes.values()) for month, changes in wide.items()]
    return f"<section><h2>By month</h2>{_grid(('Month', *CHANGES), rows)}</section>"


def _undecidable(flips: Flips) -> str:
    if not flips.not_kept:
        return ""
    rows = [(name, ", ".join(lacking)) for name, lacking in sorted(flips.not_kept.items())]
    return (
        "<section><h2>What the past did not keep</h2>"
        f"{_grid(('Clause', 'It asks for'), rows)}</section>"
    )


_ALWAYS_SHOWN: Final = ("month", "agency", "purpose", "query")


def _examples(flips: Flips, change: str) -> str:
    of_change = flips.examples.filter(pl.col("change") == change)
    if not of_change.height:
        return ""
    # Of a column in which all examples agree one line says it.
    facts = [
        name
        for name in of_change.columns
        if name not in ("change", "act", "clause", ROWS, *_ALWAYS_SHOWN)
    ]
    rows = []
    for row in of_change.iter_rows(named=True):
        told = ", ".join(filter(None, (_fact(name, row[name]) for name in facts)))
        rows.append(
            (*(row[name] for name in _ALWAYS_SHOWN), told, row["act"], row["clause"], row[ROWS])
        )
    headings = ("Month", "Agency", "Purpose", "Query", "Facts", "Act", "Clause", "Like it")
    return (
        f"<section><h2>Examples: {WORDS[change]}</h2>{_grid(headings, rows)}"
        "<p>Each is one real line of the history; nothing in it says who asked about whom.</p>"
        "</section>"
    )


def _fact(name: str, value: Any) -> str:
    words = name.replace("_", " ")
    if value is None or value is False or value == "":
        return ""
    return words if value is True else f"{words}: {value}"


def _provenance(heading: Heading) -> str:
    stream = heading.stream
    if stream is None:
        return (
            "<section><h2>Where the history comes from</h2><p>From the journal of this"
            " installation: every line was decided live.</p></section>"
        )
    times = f", {stream.times} times over" if stream.times > 1 else ""
    return (
        "<section><h2>What is real and what is drawn</h2>"
        f"<p>Nobody made these inquiries. They were put together from {_listed(stream.sources)},"
        f" by seed {stream.seed}{times}.</p>"
        f"<p>Real: {_listed(stream.real)}. Drawn by the seed: {_listed(stream.drawn)}.</p>"
        "</section>"
    )


def _listed(words: Iterable[str]) -> str:
    return escape("; ".join(word.replace("_", " ") for word in words))


def _grid(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in headings)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f'<td class="n">{value:,}</td>'
    return f"<td>{escape(str(value)) if value else '–'}</td>"


_STYLE: Final = """
body { font: 16px/1.45 system-ui, sans-serif; color: #1b1b1b; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.7rem; line-height: 1.2; } h2 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; }
dl { display: grid; grid-template-columns: 8rem 1fr; gap: .2rem 1rem; } dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
.sums { list-style: none; display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; }
.sums li { flex: 1 1 12rem; border-top: 4px solid #005ea2; padding: .5rem 0; }
.sums b { display: block; font-size: 1.6rem; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0;
  border-bottom: 1px solid #a9aeb1; overflow-wrap: anywhere; }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media print { body { font-size: 10pt; margin: 0; max-width: none; } section { break-inside: auto; }
  tr { break-inside: avoid; } h2 { break-after: avoid; } }
"""

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Replay of {title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
