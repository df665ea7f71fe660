"""Which requests are for the gateway's routes, and which for a page.

Invariant: a path that a route of `comity.web.routes.ROUTES` has goes to the gateway whatever
else may want it; a path that neither has gets the page that says so where a browser asked, else the
gateway's problem. Does not: answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from comity.web.asgi import Application, Receive, Scope, Send
from comity.web.pages.face import Face
from comity.web.routes import ROUTES

_FIRST: Final = frozenset(
    route.path.split("/")[1] for route in ROUTES if not route.path.startswith("/{")
)
_OF_A_YEAR: Final = re.compile(r"/\d{4}/(?:checkpoint|tile/.*)")


class Front:
    """An ASGI application over two."""

    def __init__(self, gateway: Application, faces: Application) -> None:
        self._gateway = gateway
        self._faces = faces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand one HTTP request to whom it is for."""
        away = of_gateway(scope["path"])
        await (self._gateway if away else self._faces)(scope, receive, send)


def of_gateway(path: str) -> bool:
    """Whether the gateway has this path."""
    return path.split("/", 2)[1] in _FIRST if not _OF_A_YEAR.fullmatch(path) else True


def face_at(faces: Sequence[Face], path: str) -> tuple[Face, dict[str, str]] | None:
    """The face of a path, with the parts of it that have a name. A literal path goes before a named."""
    best: tuple[int, Face, dict[str, str]] | None = None
    for face in faces:
        found = _pattern(face.path).fullmatch(path)
        if found is not None:
            named = found.groupdict()
            if best is None or len(named) < best[0]:
                best = (len(named), face, named)
    return None if best is None else best[1:]


@lru_cache(maxsize=512)
def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{([a-z_]+)\}", path)
    return re.compile(
        "".join(
            f"(?P<{part}>[^/]{{1,200}})" if place % 2 else re.escape(part)
            for place, part in enumerate(parts)
        )
    )
