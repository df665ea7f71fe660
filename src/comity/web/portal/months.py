"""Months in the words of a reader of English or Spanish."""

from __future__ import annotations

from comity.instant import parse_local
from comity.web.pages.visit import Visit
from comity.web.pages.wording import day_said


def month_said(visit: Visit, month: str) -> str:
    """`August 2018`; `agosto de 2018`, for 2018-08."""
    whole = day_said(parse_local(f"{month}-01T00:00", "UTC"), "UTC", visit.words)
    return whole.replace(" 1, ", " ") if visit.language == "en" else whole.removeprefix("1 de ")
