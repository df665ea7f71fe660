"""Where the texts stand, in the words of the pages, and which of them anybody may read.

Invariant: a draft is shown to nobody: that one is being negotiated is not for everybody to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from comity.errors import NotFound
from comity.law.instrument import Instrument, Kind, Verified
from comity.law.lifecycle import LawStatus, Standing
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_

STATUSES: Final[Mapping[LawStatus, str]] = {
    LawStatus.DRAFT: N_("Draft"),
    LawStatus.ADOPTED: N_("Signed, not begun"),
    LawStatus.IN_FORCE: N_("In force"),
    LawStatus.SUSPENDED: N_("Suspended"),
    LawStatus.NOT_RENEWED: N_("Not renewed"),
    LawStatus.EXPIRED: N_("Expired"),
    LawStatus.REVOKED: N_("Revoked"),
    LawStatus.SUPERSEDED: N_("Superseded"),
}
KINDS: Final[Mapping[Kind, str]] = {
    Kind.AGREEMENT: N_("agreement"),
    Kind.ORDER: N_("order"),
    Kind.STATUTE: N_("statute"),
    Kind.DIRECTIVE: N_("directive"),
    Kind.POLICY: N_("policy"),
}
WORDINGS: Final[Mapping[Verified, str]] = {
    Verified.TEXT: N_("The wording is that of the source."),
    Verified.RECONSTRUCTION: N_(
        "The wording is a reconstruction: its source has not been published in full."
    ),
    Verified.MEMORY: N_("The wording was written from memory and not held against its source."),
}


def readable(visit: Visit, ref: str) -> tuple[Instrument, Standing]:
    """A text that anybody may read, and where it stands. Raises NotFound, for a draft too."""
    register = visit.view.register
    standing = register.status(ref, visit.at)
    if standing.status is LawStatus.DRAFT:
        raise NotFound("there is no such text")
    return register.instrument(ref), standing


def readable_refs(visit: Visit) -> tuple[str, ...]:
    """The refs of every text that anybody may read, by id and version."""
    register = visit.view.register
    known = sorted(register.instruments.values(), key=lambda one: (one.id, one.version))
    return tuple(
        one.ref for one in known if register.status(one.ref, visit.at).status is not LawStatus.DRAFT
    )
