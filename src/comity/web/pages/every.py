"""Every page there is: portal, console, desk and those of an account."""

from __future__ import annotations

from comity.web.account import pages as account
from comity.web.console import pages as console
from comity.web.desk import pages as desk
from comity.web.pages.face import Face
from comity.web.portal import pages as portal


def every_face() -> tuple[Face, ...]:
    """All of them, in the order of the menus."""
    return (*portal.FACES, *console.FACES, *desk.FACES, *account.FACES)
