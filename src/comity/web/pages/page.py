"""What a page function gives back: a page of data and tables, or a redirect.

Invariants: a page is data; its template only shows it, so that the JSON twin says the same; a
redirect goes to a path of this installation and nowhere else. Does not: render
(`comity.web.pages.render`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec

from comity.errors import ComityError
from comity.instant import Instant

_LOCAL: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*")


class RedirectUnsafe(ComityError):
    """A redirect would lead out of this installation."""


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """A cell that leads somewhere: the list behind a number, the clause behind a decision."""

    text: str | int | float
    href: str

    def __post_init__(self) -> None:
        if local_path(self.href) != self.href and not self.href.startswith(("https://", "#")):
            raise RedirectUnsafe(f"`{self.href[:80]}` is neither a path of ours nor https")


class When(msgspec.Struct, frozen=True):
    """A cell that is an instant: RFC 3339 in JSON and CSV, local time on the page."""

    at: Instant


Cell: TypeAlias = str | int | float | bool | Link | When | None


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """A column. `name` is its key in JSON and CSV, `heading` what the page shows, translated."""

    name: str
    heading: str
    numeric: bool = False


class Table(msgspec.Struct, frozen=True):
    """A table: shown on the page, in the JSON twin, and as a CSV file under `name`."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...] = ()


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page to show. `template` is a file under `web/templates`.

    `data` is a struct (or None) that template and JSON twin both show: nothing is put into it that
    the reader may not have. `headers` are for the few pages that need one of their own.
    """

    template: str
    title: str
    data: Any = None
    tables: tuple[Table, ...] = ()
    status: int = 200
    faults: Mapping[str, str] = {}  # by field, of a form that is shown again
    headers: Mapping[str, str] = {}
    live: bool = False  # looks again by itself, where scripts are on

    def table(self, name: str) -> Table:
        """The table of that name; KeyError where the page has none."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)


class Redirect(msgspec.Struct, frozen=True):
    """A 303 to a local path, after something was done."""

    to: str

    def __post_init__(self) -> None:
        if local_path(self.to) != self.to:
            raise RedirectUnsafe(f"`{self.to[:80]}` is no path of this installation")


class Away(msgspec.Struct, frozen=True):
    """A 303 to the identity provider of the installation: the one way out, for that alone."""

    to: str


class File(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes to download or to follow (a receipt, a feed), instead of a page."""

    body: bytes
    media_type: str
    name: str | None = None  # as a download, under this name


Shown: TypeAlias = Page | Redirect | Away | File


def local_path(given: str | None, default: str = "/") -> str:
    r"""The given path if it leads nowhere but here, else the default.

    Not `//host`, `/\\host`, a scheme, control characters or spaces (browsers take some of them
    for a host).
    """
    if given is not None and len(given) <= 2_000 and _LOCAL.fullmatch(given):
        return given
    return default
