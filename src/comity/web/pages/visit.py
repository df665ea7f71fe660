"""One visit of one page: who, when, in which language, and what the page may use.

Invariants: a page reads the time, the language and who is asking from here and from nowhere else;
the CSRF token is made only when a page asks for one, so that whoever only reads gets no cookie.
Does not: know HTTP (`comity.web.pages.app`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlencode

import apsw
import msgspec

from comity.access.account import Account
from comity.access.act import Act
from comity.access.policy import Console, Step, takes_two
from comity.access.provider import Provider
from comity.errors import NotPermitted
from comity.instant import Instant
from comity.law.in_force import LawInForce
from comity.store.publishing import Publisher
from comity.store.sqlite.database import Database
from comity.store.sqlite.registry import Made
from comity.web.limits import Buckets
from comity.web.pages.language import Language, Words, words
from comity.web.pages.session import Found, cookie_digest, form_token
from comity.web.service import Desk
from comity.web.view import View

T = TypeVar("T")
TRIES_A_MINUTE: Final = 60
"""Of signing in, from one address: behind a proxy, that is everybody together."""
Which = Literal["session", "language", "provider"]
"""Our cookies."""


class SignInOffer(msgspec.Struct, frozen=True):
    """In a rehearsal: an account that everybody may use, with what signs it in now."""

    handle: str
    says: str
    password: str
    code: str


class House(msgspec.Struct, frozen=True):
    """The installation that the pages belong to.

    `public_url` is the address people use (`https://records.example`); empty means this machine
    alone, by plain HTTP.
    """

    desk: Desk
    custodian: str
    console: Console
    publisher: Publisher | None = None
    public_url: str = ""
    provider: Provider | None = None
    offers: Callable[[Instant], tuple[SignInOffer, ...]] | None = None  # in a rehearsal alone
    patience: Buckets = msgspec.field(default_factory=lambda: Buckets(TRIES_A_MINUTE))

    @property
    def https(self) -> bool:
        """Whether people come by HTTPS: cookies are then Secure, and HSTS is said."""
        return self.public_url.startswith("https://")


class Visit:
    """One request for one page, as a page function sees it."""

    def __init__(
        self,
        house: House,
        *,
        at: Instant,
        language: Language,
        address: str,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        found: Found | None = None,
        bearer: Callable[[], str] = lambda: "",
        token_key: bytes = b"",
        loop: asyncio.AbstractEventLoop | None = None,
        client: str = "",
        cookies: Mapping[str, str] | None = None,
    ) -> None:
        self.house = house
        self.desk = house.desk
        self.database: Database = house.desk.database
        self.time_zone = house.desk.time_zone
        self.at = at
        self.language = language
        self.address = address
        """The path that was asked for, without `.json` and the query."""
        self.path: Mapping[str, str] = path or {}
        self.query: Mapping[str, str] = query or {}
        self.found = found
        self.client = client
        """The address of the sender, for limits; never kept."""
        self.cookies: Mapping[str, str] = cookies or {}
        self.given: dict[Which, tuple[str, int | None]] = {}
        self._bearer = bearer
        self._token_key = token_key
        self._loop = loop

    @property
    def who(self) -> Account | None:
        """Who is signed in, unless the session is locked."""
        return None if self.found is None or self.found.locked else self.found.who

    @property
    def me(self) -> Account:
        """Who is signed in, for a page that nobody else sees."""
        if self.who is None:
            raise NotPermitted("nobody is signed in")
        return self.who

    def give(self, which: Which, value: str, seconds: int | None = None) -> None:
        """Set one of our cookies; `seconds` 0 takes it away."""
        self.given[which] = (value, seconds)

    def allows(self, act: Act, agency: str | None = None) -> bool:
        """Whether Cedar lets the visitor do this; of what takes two people, propose it.

        `agency` is whose side the thing is of; None is the visitor's own.
        """
        if self.found is None or self.found.locked:
            return False
        step = Step.PROPOSE if takes_two(act) else Step.ALONE
        verdict = self.house.console.decide(
            self.found.who, act, strong=self.found.strong, agency=agency, step=step
        )
        return verdict.permitted

    def demand(self, act: Act, agency: str | None = None) -> Account:
        """Who is here, if Cedar lets them. Raises NotPermitted."""
        if not self.allows(act, agency):
            raise NotPermitted("your role does not include this", where=act.value)
        return self.me

    @property
    def csrf(self) -> str:
        """The token that a form of this visitor must carry."""
        return form_token(self._token_key, self._bearer())

    @property
    def bearer(self) -> bytes:
        """The digest of the visitor's cookie, which is given out if there is none."""
        return cookie_digest(self._bearer())

    @property
    def words(self) -> Words:
        """The words of the visitor's language."""
        return words(self.language)

    def text(self, message: str, **values: object) -> str:
        """A message in the visitor's language, with `%(name)s` filled in."""
        said = self.words.gettext(message)
        return said % values if values else said

    def texts(self, one: str, many: str, count: int, **values: object) -> str:
        """As `text`, for a count, which is `%(n)s`."""
        return self.words.ngettext(one, many, count) % {"n": count, **values}

    @property
    def view(self) -> View:
        """The registry and the law that hold now."""
        return self.desk.views.current()

    @property
    def law(self) -> LawInForce:
        """The law in force at the visit."""
        return self.view.law(self.at)

    def reader(self) -> apsw.Connection:
        """A connection that cannot write."""
        return self.database.reader()

    def write(self, job: Callable[[apsw.Connection], T]) -> T:
        """Run a write job and wait until it is durable. Raises StoreUnwritable, and what it raises."""
        return self.database.write(job).result()

    def made(self) -> Made:
        """Who makes a change, when, and randomness, for the functions of the store."""
        return self.made_as(self.me.handle)

    def made_as(self, handle: str) -> Made:
        """As `made`, for somebody whose session is locked."""
        return Made(handle, self.at, self.desk.randomness)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine of the gateway (`desk.ask`), run on its loop."""
        if self._loop is None:
            return asyncio.run(work)
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def here(self, **changes: str | None) -> str:
        """This page's address with some of its query changed; None leaves a name out."""
        query = {**self.query, **{k: v for k, v in changes.items() if v is not None}}
        query = {k: v for k, v in query.items() if k not in changes or changes[k] is not None}
        return f"{self.address}?{urlencode(query)}" if query else self.address
