"""What an agency sends as a paper: read whole, or refused by the field, and nothing kept of it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from comity.store.sqlite.append import size
from comity.store.sqlite.custody_files import papers_of
from comity.store.sqlite.custody_message import message_on_file
from comity.store.sqlite.ledger import check_ledger
from tests.web.jail import book, message, open_jail, send
from tests.web.town import BUREAU, Town


@pytest.fixture
def jail(town: Town) -> Iterator[Town]:
    """A town with an order about detainers."""
    open_jail(town)
    yield town
    assert check_ledger(town.database.reader()) == ()


@pytest.mark.parametrize(
    ("changes", "slug", "where"),
    [
        ({"document": "%%%"}, "unreadable-paper", "document"),
        ({"document": b64encode(b"%PDF-1.7 cut").decode()}, "unreadable-paper", "document"),
        ({"media_type": "text/html"}, "unreadable-paper", "document"),
        ({"facts": {"issued_on": "yesterday"}}, "unusable-inquiry", "facts.issued_on"),
        ({"facts": {"colour": "red"}}, "unusable-inquiry", "facts.colour"),
        ({"message_id": ""}, "unusable-inquiry", "message_id"),
        ({"officer": "x-9"}, "not-permitted", "officer"),
        ({"more": 1}, "malformed-inquiry", None),
    ],
)
def test_what_cannot_be_taken_in_leaves_nothing(
    jail: Town, changes: dict[str, Any], slug: str, where: str | None
) -> None:
    book(jail)
    before = size(jail.database.reader())
    reply = send(jail, message(**changes))
    assert reply.json["type"] == f"/problems/{slug}", reply.body
    assert reply.json.get("where") == where
    assert size(jail.database.reader()) == before
    assert message_on_file(jail.database.reader(), BUREAU, "m-1") is None


def test_fields_that_may_not_be_held_are_dropped_at_the_door(jail: Town) -> None:
    record = book(jail)
    facts = {"citizenship": "Marker9c", "box_1_reasons": ["Marker9c"]}
    assert send(jail, message(facts=facts)).status == 200
    assert len(papers_of(jail.database.reader(), record)) == 1
    jail.database.purge_journal().result(10)
    assert b"Marker9c" not in jail.database.path.read_bytes()


def test_a_paper_of_more_than_the_gateway_bears_is_refused(jail: Town) -> None:
    big = b64encode(b"%PDF-" + b"x" * 4_000_000 + b"%%EOF").decode()
    assert send(jail, message(document=big)).status == 413
