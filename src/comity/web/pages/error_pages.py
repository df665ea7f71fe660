"""What a page says when there is none: not found, not allowed, not understood, our fault.

Invariant: what a record holds, or whether there is one, is never told by an error; a fault of ours
says nothing of its cause. Does not: log (`comity.web.asgi.log_problem`).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec

from comity.errors import ComityError, NotFound, NotPermitted
from comity.store.faults import StoreUnreadable, StoreUnwritable
from comity.web.pages.form import FormInvalid
from comity.web.pages.page import Page
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_
from comity.web.problems import ProblemRaised


class PageProblem(ComityError):
    """Ends a visit with the page of an HTTP status."""

    def __init__(self, status: int, what: str = "", *, remedy: str | None = None) -> None:
        super().__init__(what or HTTPStatus(status).phrase.lower(), remedy=remedy)
        self.status = status


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an error page says."""

    status: int
    says: str
    what: str = ""
    remedy: str | None = None


_TITLES: Final = {
    400: N_("We could not read that"),
    403: N_("You may not do this"),
    404: N_("There is no such page"),
    405: N_("This page does not take that"),
    409: N_("Something changed meanwhile"),
    413: N_("That is too large"),
    414: N_("That address is too long"),
    429: N_("Too many tries"),
    503: N_("This cannot be done just now"),
}
_SAYS: Final = {
    400: N_("Go back, open the page again and send the form once more."),
    403: N_("Your account does not have the role for this, or the page you sent was not ours."),
    404: N_("Check the address, or start from the first page."),
    405: N_("Go back and use the buttons on the page."),
    409: N_("Open the page again, look at what it says now, and decide anew."),
    413: N_("Send a smaller file."),
    414: N_("Shorten what you search for."),
    429: N_("Wait a few minutes, then try again."),
    503: N_("Nothing was changed. Try again in a moment."),
}
_FAULT_TITLE: Final = N_("Something went wrong here")
_FAULT_SAYS: Final = N_("Nothing was changed. Tell the custodian when it happened.")


def problem_page(fault: Exception, visit: Visit) -> Page:
    """The page for a fault; of ours, one that says only that."""
    status, what, remedy = _told(fault)
    title = visit.text(_TITLES.get(status, _FAULT_TITLE))
    says = visit.text(_SAYS.get(status, _FAULT_SAYS))
    return Page(
        template="problem.html",
        title=title,
        data=Told(status, says, what, remedy),
        status=status,
    )


def _told(fault: Exception) -> tuple[int, str, str | None]:
    match fault:
        case PageProblem():
            return fault.status, "", fault.remedy
        case ProblemRaised():
            return int(fault.problem.status), fault.what, fault.remedy
        case FormInvalid():
            return 400, fault.what, fault.remedy
        case NotFound():
            return 404, "", None
        case NotPermitted():
            return 403, fault.what, None
        case StoreUnreadable() | StoreUnwritable():
            return 503, "", None
    return (409, fault.what, fault.remedy) if isinstance(fault, ComityError) else (500, "", None)
