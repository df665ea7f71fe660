"""A face: one page with its path, who may see it, and what its form may hold.

Each of `web/portal`, `web/console` and `web/desk` lists its own as `FACES`. Invariants: a page that
is not public names the acts (`comity.access.act`) by which Cedar lets somebody see it and post to
it; a path belongs to one face and to no route of the gateway (a test holds both). Does not: decide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from comity.access.act import Act
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Shown
from comity.web.pages.visit import Visit

PageOf: TypeAlias = Callable[[Visit], Shown]
ActionOf: TypeAlias = Callable[[Visit, Form], Shown]


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """One page. `path` may hold `{name}` for one segment: `/agreements/{ref}`.

    `page` answers GET, `action` POST. `see` None is for everybody; `do` None means as `see`.
    `fields` is all that the form may hold. `menu` names it in the navigation of its face.
    """

    path: str
    title: str
    page: PageOf
    action: ActionOf | None = None
    fields: tuple[Field, ...] = ()
    see: Act | None = None
    do: Act | None = None
    menu: str | None = None
    body_bytes_max: int = 65_536
