"""One request for a page on its way to an answer: whose, in which language, allowed, and what came of it.

Sources: OWASP ASVS 5.0, 3.5 (CSRF), 7 (sessions), 8 (authorization). Invariants: a GET changes
nothing; a POST carries the visitor's token, from a page of this origin, and is answered by a
redirect or by a page; Cedar decides who may see or do a page before its function runs; a locked
session opens nothing but the page that unlocks it. Does not: render (`comity.web.pages.render`).
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, assert_never
from urllib.parse import quote, urlsplit

import msgspec
from litestar import Request, Response
from litestar.datastructures import UploadFile

from comity.web.pages.error_pages import PageProblem, problem_page
from comity.web.pages.face import Face
from comity.web.pages.form import CSRF_FIELD, FormInvalid, Upload, read_form
from comity.web.pages.front import face_at
from comity.web.pages.headers import (
    LANGUAGE_SECONDS,
    cookie_name,
    cookies_of,
    ours,
    security_headers,
)
from comity.web.pages.language import LANGUAGES, chosen
from comity.web.pages.live import REFRESH_HEADER
from comity.web.pages.page import Away, File, Page, Redirect, Shown
from comity.web.pages.render import csv_file, html, twin
from comity.web.pages.session import (
    Found,
    Sessions,
    cookie_digest,
    new_cookie,
    token_holds,
    well_formed,
)
from comity.web.pages.visit import House, Visit

QUERY_CHARS_MAX: Final = 4_000
FIELDS_MAX: Final = 200
SIGN_IN: Final = "/sign-in"
UNLOCK: Final = "/unlock"
_OF_A_LOCKED: Final = (UNLOCK, "/sign-out")
Asking = Request[Any, Any, Any]
Reply = Response[bytes]


class Behind(msgspec.Struct, frozen=True):
    """What every request is answered from."""

    house: House
    faces: tuple[Face, ...]
    sessions: Sessions


class Asked:
    """One request."""

    def __init__(self, behind: Behind, request: Asking) -> None:
        self._behind = behind
        self._house = behind.house
        self._request = request
        path: str = request.scope["path"]
        self._form = "html"
        for suffix in (".json", ".csv"):
            if path.endswith(suffix):
                path, self._form = path.removesuffix(suffix), suffix[1:]
        self._path = "/" if path == "/index" and self._form != "html" else path
        self._cookies = cookies_of(request.headers.get("cookie", ""))
        self._kept = well_formed(self._cookies.get(cookie_name(self._house, "session")))
        self._found: Found | None = None
        self._face: Face | None = None
        self._visit = self._visiting({})

    async def answer(self) -> Reply:
        """The page, or what became of the form. Raises ComityError for a problem page."""
        if len(self._request.scope["query_string"]) > QUERY_CHARS_MAX:
            raise PageProblem(414)
        if self._kept is not None:
            digest = cookie_digest(self._kept)
            at = self._house.desk.clock()
            used = REFRESH_HEADER not in self._request.headers
            self._found = await asyncio.to_thread(
                lambda: self._behind.sessions.find(digest, at, used=used)
            )
            self._visit = self._visiting({})
        match = face_at(self._behind.faces, self._path)
        if match is None:
            raise PageProblem(404)
        self._face, parts = match
        self._visit = self._visiting(parts)
        shown: Shown
        if self._request.method == "POST":
            shown = await self._post(self._face)
        else:
            away = self._kept_out(self._face, posting=False)
            shown = away if away else await asyncio.to_thread(self._face.page, self._visit)
        # In a thread too: a long table must not keep the gateway's own requests waiting.
        return await asyncio.to_thread(self._reply, shown)

    def problem(self, fault: Exception) -> Reply:
        """The page that says what went wrong."""
        return self._reply(problem_page(fault, self._visit))

    async def _post(self, face: Face) -> Shown:
        if face.action is None or self._form == "csv":
            raise PageProblem(405)
        self._demand_same_origin()
        pairs = await self._pairs(face)
        tokens = [value for name, value in pairs if name == CSRF_FIELD]
        token = tokens[0] if len(tokens) == 1 and isinstance(tokens[0], str) else ""
        # Before anything else is told: a form of elsewhere learns nothing.
        if not token_holds(self._behind.sessions.key(), self._kept, token):
            raise PageProblem(403, "the form did not carry the token of this visitor")
        away = self._kept_out(face, posting=True)
        if away is not None:
            return away
        form = read_form(face.fields, [pair for pair in pairs if pair[0] != CSRF_FIELD])
        return await asyncio.to_thread(face.action, self._visit, form)

    def _kept_out(self, face: Face, *, posting: bool) -> Redirect | None:
        """Where a visitor goes instead who may not be here; None for one who may. Raises NotPermitted."""
        act = (face.do or face.see) if posting else face.see
        if act is None:
            return None
        here = self._path if posting else self._visit.here()
        if self._found is None:
            return Redirect(f"{SIGN_IN}?next={quote(here, safe='/')}")
        if self._found.locked and self._path not in _OF_A_LOCKED:
            return Redirect(f"{UNLOCK}?next={quote(here, safe='/')}")
        # Of what takes two people the action proposes or confirms; the door asks for the role.
        self._visit.demand(act)
        return None

    def _demand_same_origin(self) -> None:
        """Browsers say where a form came from; where they do, it must be from here."""
        headers = self._request.headers
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise PageProblem(403, "the form came from another site")
        origin = headers.get("origin")
        if origin is None:
            return
        ours = urlsplit(self._house.public_url).netloc or headers.get("host", "")
        if urlsplit(origin).netloc != ours:
            raise PageProblem(403, "the form came from another site")

    async def _pairs(self, face: Face) -> list[tuple[str, str | Upload]]:
        kind = self._request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
            raise FormInvalid("a form is sent as a form", remedy="use the page")
        if len(await self._request.body()) > face.body_bytes_max:
            raise PageProblem(413)
        given = list((await self._request.form()).multi_items())
        if len(given) > FIELDS_MAX:
            raise FormInvalid("the form has too many fields")
        pairs: list[tuple[str, str | Upload]] = []
        for name, value in given:
            if isinstance(value, UploadFile):
                media = value.content_type or "application/octet-stream"
                pairs.append((name, Upload(value.filename, media, await value.read())))
            else:
                pairs.append((name, str(value)))
        return pairs

    def _visiting(self, parts: dict[str, str]) -> Visit:
        query = self._request.query_params
        return Visit(
            self._house,
            at=self._house.desk.clock() if self._found is None else self._found.at,
            language=chosen(
                query.get("lang"),
                self._cookies.get(cookie_name(self._house, "language")),
                self._request.headers.get("accept-language"),
            ),
            address=self._path,
            path=parts,
            query={name: value for name, value in query.items() if name not in ("lang", "table")},
            found=self._found,
            bearer=self._bearer,
            token_key=self._behind.sessions.key(),
            loop=asyncio.get_running_loop(),
            client=self._request.client.host if self._request.client else "",
            cookies=self._cookies,
        )

    def _bearer(self) -> str:
        """The visitor's cookie; one is given out where there is none."""
        if self._kept is None:
            self._kept = new_cookie(self._house.desk.randomness)
            self._visit.give("session", self._kept)
        return self._kept

    def _reply(self, shown: Shown) -> Reply:
        match shown:
            case Redirect() | Away():
                body, status, kind = b"", 303, "text/plain; charset=utf-8"
                extra = {"Location": shown.to}
            case File():
                body, status, kind = shown.body, 200, shown.media_type
                extra = {} if shown.name is None else _download(shown.name)
            case Page():
                body, kind, extra = self._body(shown)
                status = shown.status
            case _:
                assert_never(shown)
        if self._request.query_params.get("lang") in LANGUAGES:
            self._visit.give("language", self._visit.language, LANGUAGE_SECONDS)
        # Whoever has our cookie, or gets it now, may be shown what is theirs: a form's token too.
        private = self._kept is not None or bool(self._face and self._face.see)
        headers = {**security_headers(self._house, private=private), **extra}
        headers["Content-Type"] = kind
        headers["Content-Language"] = self._visit.language
        return Response(
            body,
            status_code=status,
            headers=headers,
            cookies=[
                ours(self._house, which, value, seconds)
                for which, (value, seconds) in self._visit.given.items()
            ],
        )

    def _body(self, page: Page) -> tuple[bytes, str, dict[str, str]]:
        if self._form == "json":
            return twin(page, self._visit), "application/json", dict(page.headers)
        if self._form == "csv" and page.status == 200:
            wanted = self._request.query_params.get("table")
            for table in page.tables:
                if wanted in (None, table.name):
                    return (
                        csv_file(table),
                        "text/csv; charset=utf-8",
                        _download(f"{table.name}.csv"),
                    )
            raise PageProblem(404, "the page has no such table")
        shown = html(page, self._visit, self._navigation())
        return shown, "text/html; charset=utf-8", dict(page.headers)

    def _navigation(self) -> tuple[Face, ...]:
        """The faces of the menu that this visitor may see, of the side he is on."""
        who = self._visit.who
        return tuple(
            face
            for face in self._behind.faces
            if face.menu is not None
            and (who is None if face.see is None else self._visit.allows(face.see))
        )


def _download(name: str) -> dict[str, str]:
    plain = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "_" for sign in name
    )
    return {"Content-Disposition": f'attachment; filename="{plain}"'}
