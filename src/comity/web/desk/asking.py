"""How an analyst's inquiry goes the straight way: the session stands where an agency's key would.

Source: decisions/0023-desk-signs-for-whom.md. Invariants: nobody signs for an agency but the agency;
an inquiry of the desk says so itself, in its entry: its key is `desk:` and a digest of the account,
which no registered key can be named; such a key counts for one visit, for the account that is
signed in, and the gateway's door knows none; officer and agency are the account's own, never the
form's; roster, suspension, law, entry and answer are those of every inquiry, since it is the
gateway's own desk that answers (`comity.web.service.Desk`). Does not: sign anybody in.
"""

from __future__ import annotations

import hashlib
import threading
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from comity.access.account import Account
from comity.access.act import Act
from comity.disclosure.answer import Answer
from comity.disclosure.inquiry import Inquirer, Inquiry, Ori
from comity.disclosure.registry import Key, RegistrySnapshot
from comity.errors import NotPermitted
from comity.instant import Instant
from comity.law.in_force import LawInForce
from comity.web.caller import Caller
from comity.web.fetch import Status, fetch
from comity.web.limits import Buckets
from comity.web.pages.visit import Visit
from comity.web.receipts import receipt_of
from comity.web.service import Desk
from comity.web.signature import Proven, body_digest
from comity.web.view import View, Views

PREFIX: Final = "desk:"
"""What the key of a session begins with; the id of a registered key is its own digest."""
GOOD_MS: Final = 300_000
ASKED_PER_MINUTE: Final = 60
"""Inquiries of one analyst in a minute: a person reads what is answered."""
_ENCODE: Final = msgspec.json.Encoder().encode


def key_of(account: Account) -> Key:
    """The key under which the entries of this analyst's inquiries stand. It signs nothing."""
    if account.ori is None or account.officer is None:
        raise NotPermitted("only an analyst of an agency asks here")
    digest = hashlib.sha256(b"comity.desk/1\0" + account.handle.encode()).hexdigest()[:32]
    return Key(f"{PREFIX}{digest}", b"", account.ori, account.since)


def ask(visit: Visit, inquiry: Inquiry) -> Answer:
    """Ask as the analyst who is signed in. Raises ProblemRaised where it never becomes an inquiry."""
    body = _ENCODE(inquiry)
    desk, caller = _at_desk(visit, body)

    async def asking() -> Answer:
        _buckets(visit.desk).take(caller.key.key_id, visit.desk.clock())
        try:
            return await desk.ask(caller, body)
        finally:
            desk.notes.write()

    return visit.wait(asking())


def look_up(visit: Visit, inquiry_id: str) -> Answer | Status:
    """The answer of the agency's own inquiry once approved, else its status. Raises ProblemRaised."""
    desk, caller = _at_desk(visit, b"")
    return visit.wait(fetch(desk, caller, inquiry_id))


def receipt(visit: Visit, index: str) -> bytes:
    """The receipt of an entry of the agency's own. Raises ProblemRaised."""
    desk, caller = _at_desk(visit, b"")
    return visit.wait(_receipt(visit, desk, caller, index))


async def _receipt(visit: Visit, desk: Desk, caller: Caller, index: str) -> bytes:
    return await receipt_of(desk, visit.house.publisher, caller, index, None)


def inquirer(visit: Visit) -> Inquirer:
    """The analyst as the registry knows their agency and officer now."""
    account = visit.me
    key = key_of(account)
    found = visit.view.registry.inquirer(key.ori, account.officer, visit.at)
    if found is None:
        raise NotPermitted(f"agency {key.ori} is not registered")
    return found


def own(visit: Visit) -> Ori:
    """The agency of the analyst, whose side of the counter this is."""
    ori = key_of(visit.me).ori
    visit.demand(Act.READ_OWN_INQUIRIES, agency=ori)
    return ori


def desk_with(desk: Desk, key: Key) -> Desk:
    """The same desk, for which one more key counts: that of a session, which no registry holds."""
    return Desk(
        desk.database,
        _Views(desk.views, key),
        desk.holdings,
        clock=desk.clock,
        randomness=desk.randomness,
        limits=desk.limits,
        time_zone=desk.time_zone,
        even_seconds=desk.even_seconds,
    )


def _at_desk(visit: Visit, body: bytes) -> tuple[Desk, Caller]:
    key = key_of(visit.me)
    visit.demand(Act.ASK, agency=key.ori)
    proven = Proven(
        key.key_id,
        visit.desk.randomness(16).hex(),
        Instant(visit.at + GOOD_MS),
        body_digest(body),
    )
    return desk_with(visit.desk, key), Caller(key, proven)


class _Registry(RegistrySnapshot):
    """A registry in which one more key counts."""

    def __init__(self, registry: RegistrySnapshot, key: Key) -> None:
        self.__dict__.update(registry.__dict__)
        self._session = key

    def key(self, key_id: str, at: Instant) -> Key | None:
        if key_id == self._session.key_id:
            return self._session
        return super().key(key_id, at)


class _View(View):
    """A view with that registry; the law is worked out once, by the view it is made of."""

    def __init__(self, view: View, key: Key) -> None:
        super().__init__(view.generation, _Registry(view.registry, key), view.register)
        self._of = view

    def law(self, at: Instant) -> LawInForce:
        return self._of.law(at)


class _Views(Views):
    """The present views of another, each with that key."""

    def __init__(self, views: Views, key: Key) -> None:
        self._of, self._key = views, key

    def current(self) -> View:
        return _View(self._of.current(), self._key)


_LOCK: Final = threading.Lock()
_BUCKETS: Final[WeakKeyDictionary[Desk, Buckets]] = WeakKeyDictionary()


def _buckets(desk: Desk) -> Buckets:
    """The share of each analyst at one desk; used on the gateway's loop only."""
    with _LOCK:
        return _BUCKETS.setdefault(desk, Buckets(ASKED_PER_MINUTE))
