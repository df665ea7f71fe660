"""Staff with accounts of their own, since what takes two people names them in the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import httpx
import msgspec

from comity.access.account import Account, Role
from comity.store.sqlite.accounts import add_account
from comity.web.pages.headers import cookie_name
from comity.web.pages.session import form_token
from comity.web.records_held import StoredRecords
from tests.web.pages.house import TestHouse, Visitor
from tests.web.town import Town


def person(house: TestHouse, handle: str, roles: Iterable[Role] = (Role.RECORDS,)) -> Visitor:
    """Somebody of the custodian with an account, signed in."""
    town = house.town
    account = Account(handle, frozenset(roles), town.now)
    town.write(lambda c: add_account(c, account, None, town.made()))
    return house.staff(*roles, handle=handle)


def keep_records(town: Town) -> None:
    """Let the town's desk answer from its database, as an installation does."""
    town.desk.holdings = StoredRecords(
        town.database, town.draw, time_zone="America/New_York", hold_birthplace=False
    )


def booked(town: Town, number: int = 1, **changes: object) -> str:
    """A record in the store, of somebody who is nobody; its number."""
    given = {
        "source": "jail",
        "event_id": f"b-{number}",
        "verb": "booked",
        "occurred_at": "2018-08-01T09:30:00-04:00",
        "record_id": f"B-{number}",
        "person_id": f"P-{number}",
        "parts": {
            "identity": {
                "sur_name": f"Nemo{number}",
                "given_name": "Nina",
                "birth_date": "1980-01-01",
                **changes,
            },
            "charges": [
                {"sequence": "1", "description": "theft", "statute": "18:3921", "grade": "M1"}
            ],
            "custody": {"status": "in custody"},
            "convictions": [{"sequence": "1", "grade": "M1"}],
            "whereabouts": {"facility": "House 9", "cell": "C-17"},
        },
    }
    taken = town.run(town.desk.holdings.take_in("jail", [msgspec.json.encode(given)], town.now))
    assert taken.taken_in == 1, taken
    return f"B-{number}"


def post(
    house: TestHouse, visitor: Visitor, path: str, fields: Mapping[str, object]
) -> httpx.Response:
    """Post with the visitor's own token, wherever it was got."""
    cookie = visitor.cookies[cookie_name(house.house, "session")]
    token = form_token(house.sessions.key(), cookie)
    return visitor.post(path, {"csrf": token, **fields})
