"""A house for the tests of pages: the town of `tests.web.town`, its pages, and visitors of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import httpx
import msgspec

from comity.access.account import Account, Role
from comity.access.provider import Provider
from comity.instant import Instant
from comity.web.pages.app import create_faces, stand_behind
from comity.web.pages.console_rules import shipped_console
from comity.web.pages.every import every_face
from comity.web.pages.face import Face
from comity.web.pages.headers import cookie_name
from comity.web.pages.session import Found, cookie_digest, new_cookie
from comity.web.pages.visit import House
from tests.web.town import Town

PUBLIC_URL = "https://records.example"


class Kept:
    """Sessions in memory, for tests of pages that are not about sessions."""

    def __init__(self) -> None:
        self.sessions: dict[bytes, Found] = {}

    def key(self) -> bytes:
        return b"k" * 32

    def find(self, digest: bytes, at: Instant, *, used: bool = True) -> Found | None:
        found = self.sessions.get(digest)
        return None if found is None else msgspec.structs.replace(found, at=at)


class TestHouse:
    """The pages over a town. `visitor` makes somebody who reads them."""

    __test__ = False

    def __init__(
        self,
        town: Town,
        faces: Sequence[Face] | None = None,
        sessions: Any = None,
        public_url: str = PUBLIC_URL,
        provider: Provider | None = None,
    ) -> None:
        self.town = town
        self.house = House(
            town.desk, "town", shipped_console(), town.publisher, public_url, provider
        )
        self.sessions = sessions or Kept()
        chosen = every_face() if faces is None else tuple(faces)
        self.faces = create_faces(self.house, chosen, self.sessions)
        stand_behind(town.gateway, self.faces)

    def visitor(self, **headers: str) -> Visitor:
        """Somebody who is not signed in."""
        return Visitor(self, headers)

    def staff(self, *roles: Role, handle: str = "ann") -> Visitor:
        """Somebody of the custodian who is signed in with a second factor."""
        return self._signed_in(Account(handle, frozenset(roles), self.town.now))

    def analyst(self, ori: Any, officer: str = "a-1", handle: str = "bo") -> Visitor:
        """An analyst of an agency who is signed in."""
        return self._signed_in(
            Account(handle, frozenset({Role.ANALYST}), self.town.now, ori, officer)
        )

    def _signed_in(self, who: Account) -> Visitor:
        visitor = Visitor(self, {})
        cookie = new_cookie(self.town.draw)
        digest = cookie_digest(cookie)
        self.sessions.sessions[digest] = Found(who, digest, self.town.now, strong=True)
        visitor.cookies[cookie_name(self.house, "session")] = cookie
        return visitor


class Visitor:
    """A browser with scripts off: keeps cookies, fills forms, follows no redirect by itself."""

    def __init__(self, house: TestHouse, headers: dict[str, str]) -> None:
        self._house = house
        self.headers = headers
        self.cookies: dict[str, str] = {}
        self.client = ("127.0.0.1", 50_000)

    def get(
        self, path: str, params: dict[str, str] | None = None, /, **headers: Any
    ) -> httpx.Response:
        """The page at a path."""
        return self._send("GET", path, headers=headers, params=params)

    def post(
        self, path: str, fields: dict[str, Any], files: Any = None, **headers: str
    ) -> httpx.Response:
        """Post exactly these fields."""
        return self._send("POST", path, data=fields, files=files, headers=headers)

    def submit(self, path: str, fields: dict[str, Any], files: Any = None) -> httpx.Response:
        """Open the page of a form, then send it with its token and these fields."""
        page = self.get(path)
        assert page.status_code == 200, page.text
        return self.post(path, {"csrf": token_in(page.text), **fields}, files)

    def submit_on(self, page: str, path: str, fields: dict[str, Any]) -> httpx.Response:
        """Send a form with the token that another page, by default /sign-out, showed."""
        text = self.get(page or ("/sign-out" if self.cookies else "/sign-in")).text
        return self.post(path, {"csrf": token_in(text), **fields})

    def _send(self, method: str, path: str, headers: dict[str, Any], **more: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app=self._house.town.gateway, client=self.client),
                base_url=self._house.house.public_url or "http://127.0.0.1:8722",
            ) as client:
                sent = {**self.headers, **headers}
                if self.cookies:
                    sent["cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
                return await client.request(method, path, headers=sent, **more)

        reply: httpx.Response = self._house.town.run(send())
        for line in reply.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            if "max-age=0" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return reply


def token_in(text: str) -> str:
    """The CSRF token of the first form of a page."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', text)
    assert found is not None, "the page has no form"
    return found[1]


class Seen(HTMLParser):
    """What a browser makes of a page: elements with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())
