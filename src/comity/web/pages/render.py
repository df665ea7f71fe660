"""A page as HTML, as JSON and its tables as CSV.

Source: RFC 4180 for CSV; OWASP on CSV injection. Invariants: everything is escaped (autoescape, and
no template may switch it off: a test reads them all); an unknown name in a template is a fault, not
an empty place; the three forms are made of the same `Page`; a CSV cell that a spreadsheet would take
for a formula is led by an apostrophe.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import quote, urlencode

import jinja2
import msgspec
from markupsafe import Markup, escape

from comity.access.act import Act
from comity.instant import Instant, format_instant
from comity.web.pages.face import Face
from comity.web.pages.language import LANGUAGES, NAMES, Language, words
from comity.web.pages.page import Cell, Link, Page, Table, When
from comity.web.pages.visit import Visit
from comity.web.pages.wording import day_said, moment_said, number_said

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def html(page: Page, visit: Visit, navigation: Sequence[Face]) -> bytes:
    """The page as a reader sees it."""
    publisher = visit.house.publisher
    template = environment(visit.language).get_template(page.template)
    text = template.render(
        page=page,
        data=page.data,
        tables={table.name: table for table in page.tables},
        visit=visit,
        house=visit.house,
        who=visit.who,
        navigation=navigation,
        languages=[(one, NAMES[one]) for one in LANGUAGES],
        faults=page.faults,
        twin=_beside(visit, "json"),
        csv=lambda name: _beside(visit, "csv", table=name),
        log_size=None if publisher is None else publisher.size_shown(),
    )
    return text.encode("utf-8")


def twin(page: Page, visit: Visit) -> bytes:
    """The page as JSON: its data, and its tables as lists of objects."""
    return msgspec.json.encode(
        {
            "page": visit.here(),
            "title": page.title,
            "at": format_instant(visit.at),
            "data": page.data,
            "tables": {table.name: _listed(table) for table in page.tables},
            **({"faults": page.faults} if page.faults else {}),
        }
    )


def csv_file(table: Table) -> bytes:
    """A table as CSV (RFC 4180, UTF-8), a link as its text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    return out.getvalue().encode("utf-8")


@cache
def environment(language: Language) -> jinja2.Environment:
    """The templates with the words of one language."""
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("comity.web", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    said = words(language)
    env.install_gettext_callables(  # type: ignore[attr-defined] # of the i18n extension
        said.gettext,
        said.ngettext,
        newstyle=True,
        pgettext=said.pgettext,
        npgettext=said.npgettext,
    )
    env.filters["when"] = _when
    env.filters["day"] = _day
    env.filters["number"] = number_said
    env.filters["cell"] = _cell
    env.filters["pairs"] = lambda words: [(word, word) for word in words]
    env.filters["segment"] = lambda text: quote(str(text), safe="@.")
    env.globals["static"] = static
    env.globals["acts"] = Act
    return env


@cache
def static_file(name: str) -> bytes:
    """A file of `web/static`. Raises FileNotFoundError."""
    folder = resources.files("comity.web") / "static"
    return (folder / name).read_bytes()


def static(name: str) -> str:
    """The address of a static file, which changes with its bytes."""
    return f"/static/{name}?v={hashlib.sha256(static_file(name)).hexdigest()[:12]}"


def _beside(visit: Visit, form: str, **query: str) -> str:
    """The address of this page in another form."""
    path = "/index" if visit.address == "/" else visit.address
    asked = {**visit.query, **query}
    return f"{path}.{form}?{urlencode(asked)}" if asked else f"{path}.{form}"


def _listed(table: Table) -> dict[str, Any]:
    return {
        "caption": table.caption,
        "rows": [
            {column.name: _json_cell(cell) for column, cell in zip(table.columns, row, strict=True)}
            for row in table.rows
        ],
    }


def _json_cell(cell: Cell) -> Any:
    return format_instant(cell.at) if isinstance(cell, When) else cell


def _csv_cell(cell: Cell) -> str | int | float:
    if isinstance(cell, Link):
        cell = cell.text
    if cell is None:
        return ""
    if isinstance(cell, When):
        return format_instant(cell.at)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return cell
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


@jinja2.pass_context
def _when(context: jinja2.runtime.Context, at: Instant) -> Markup:
    visit: Visit = context["visit"]
    said = moment_said(at, visit.time_zone, visit.words)
    return Markup('<time datetime="{}">{}</time>').format(format_instant(at), said)


@jinja2.pass_context
def _day(context: jinja2.runtime.Context, at: Instant) -> Markup:
    visit: Visit = context["visit"]
    said = day_said(at, visit.time_zone, visit.words)
    return Markup('<time datetime="{}">{}</time>').format(format_instant(at), said)


@jinja2.pass_context
def _cell(context: jinja2.runtime.Context, cell: Cell) -> Markup | str:
    """A cell of a table as it is shown."""
    visit: Visit = context["visit"]
    if isinstance(cell, Link):
        text = cell.text if isinstance(cell.text, str) else number_said(cell.text)
        return Markup('<a href="{}">{}</a>').format(cell.href, text)
    if cell is None:
        return "–"
    if isinstance(cell, When):
        return _when(context, cell.at)
    if isinstance(cell, bool):
        return visit.text("yes") if cell else visit.text("no")
    if isinstance(cell, int | float):
        return number_said(cell)
    return Markup("<bdi>{}</bdi>").format(escape(cell))
