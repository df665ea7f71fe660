"""All faces in one Litestar application, and how it stands behind the gateway.

Sources: OWASP ASVS 5.0, 3.4 to 3.5; RFC 9110. Invariants: the gateway's routes go first, pages have
the rest; each page is also JSON (`.json`) and its tables CSV (`.csv?table=`), by the same function
under the same decision; of a fault of ours a page says nothing but that it is one. What one request
goes through is `comity.web.pages.asked`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from litestar import HttpMethod, Litestar, Response, route
from litestar.exceptions import HTTPException
from litestar.response import Stream

from comity.errors import ComityError
from comity.web.asgi import Application, log_problem, problem_of
from comity.web.gateway import Gateway
from comity.web.pages.asked import Asked, Asking, Behind, Reply
from comity.web.pages.error_pages import PageProblem
from comity.web.pages.face import Face
from comity.web.pages.front import Front
from comity.web.pages.headers import security_headers
from comity.web.pages.live import PATH as LIVE
from comity.web.pages.live import Live
from comity.web.pages.render import static_file
from comity.web.pages.session import Sessions
from comity.web.pages.visit import House

_STATIC_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_FORM_BYTES: Final = 65_536


def create_faces(house: House, faces: Sequence[Face], sessions: Sessions) -> Application:
    """The pages of an installation, as an ASGI application."""
    behind = Behind(house, tuple(faces), sessions)

    @route("/static/{name:str}", http_method=[HttpMethod.GET])
    async def static(request: Asking) -> Reply:
        return _static(house, request)

    live = Live(house)

    @route(LIVE, http_method=[HttpMethod.GET])
    async def look_again() -> Stream:
        if live.full:
            raise PageProblem(503)
        headers = security_headers(house, private=True)
        return Stream(live.events(), media_type="text/event-stream", headers=headers)

    @route(["/", "/{path:path}"], http_method=[HttpMethod.GET, HttpMethod.POST], status_code=200)
    async def page(request: Asking) -> Reply:
        asked = Asked(behind, request)
        try:
            return await asked.answer()
        except ComityError as fault:
            return asked.problem(fault)

    def last(request: Asking, fault: Exception) -> Reply:
        """What no page caught: a framework's word, or a fault of ours."""
        asked = Asked(behind, request)
        if isinstance(fault, ComityError):
            return asked.problem(fault)
        if isinstance(fault, HTTPException) and fault.status_code < 500:
            return asked.problem(PageProblem(fault.status_code))
        log_problem(f"{request.method} page", problem_of(fault), fault)
        return asked.problem(PageProblem(500))

    # The framework's own types say the same as ours in other words.
    return cast(
        "Application",
        Litestar(
            route_handlers=[static, look_again, page],
            openapi_config=None,
            exception_handlers={Exception: last},
            request_max_body_size=max((one.body_bytes_max for one in faces), default=_FORM_BYTES),
            logging_config=None,
        ),
    )


def stand_behind(gateway: Gateway, faces: Application) -> None:
    """Let the gateway's routes go first and pages have the rest."""
    if gateway.rest is None:
        raise RuntimeError("the gateway has no routes yet")
    gateway.rest = Front(gateway.rest, faces)


def _static(house: House, request: Asking) -> Response[Any]:
    name: str = request.path_params["name"]
    kind = _STATIC_TYPES.get(name.rpartition(".")[2])
    if kind is None or not name.replace(".", "").replace("-", "").isalnum():
        raise PageProblem(404)
    try:
        body = static_file(name)
    except FileNotFoundError as fault:
        raise PageProblem(404) from fault
    headers = security_headers(house, private=False)
    headers["Cache-Control"] = "public, max-age=31536000, immutable"
    headers["Content-Type"] = kind
    return Response(body, headers=headers)
