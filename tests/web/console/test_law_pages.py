"""The law department: a draft read, signed by its party, brought by one and recorded by another."""

from __future__ import annotations

import base64
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from comity.access.account import Role
from comity.store.sqlite.append import size
from comity.store.sqlite.ledger import check_ledger, opened
from tests.web.console.people import person
from tests.web.jail import TEXT
from tests.web.pages.house import Seen, TestHouse, Visitor, token_in
from tests.web.town import Town, private_key

REF = "town-custody@1"


@pytest.fixture
def house(town: Town) -> TestHouse:
    return TestHouse(town)


@pytest.fixture
def ann(house: TestHouse) -> Visitor:
    return person(house, "ann", (Role.LAW,))


@pytest.fixture
def ben(house: TestHouse) -> Visitor:
    return person(house, "ben", (Role.LAW,))


def draft_of(ann: Visitor, text: str) -> str:
    reply = ann.submit("/console/law-draft", {"text": text, "against": ""})
    assert reply.status_code == 200, Seen(reply.text).text
    assert "can be signed" in Seen(reply.text).text
    return reply.text


def bring(ann: Visitor, ref: str, fields: dict[str, str], key: str = "town") -> str:
    """Prepare, sign elsewhere, bring; where the proposal stands."""
    path = f"/console/law/{ref}"
    page = ann.get("/console/law-draft").text
    token = token_in(page)
    reply = ann.post(path, {"csrf": token, "step": "prepare", **fields})
    assert reply.status_code == 200, Seen(reply.text).text
    found = re.search(r"echo ([A-Za-z0-9+/=]+) \| base64", reply.text)
    assert found is not None
    says = base64.b64decode(found[1])
    made = Ed25519PrivateKey.from_private_bytes(private_key(key)).sign(says)
    at = re.search(r'name="at" value="([^"]+)"', reply.text)
    assert at is not None
    signature = base64.b64encode(made).decode()
    brought = ann.post(
        path, {"csrf": token, **fields, "step": "bring", "at": at[1], "signature": signature}
    )
    if brought.status_code != 303:
        return Seen(brought.text).text
    where: str = brought.headers["location"]
    return where


def test_from_a_draft_to_law_in_force(town: Town, ann: Visitor, ben: Visitor) -> None:
    text = TEXT.read_text("utf-8")
    draft_of(ann, text)
    where = bring(ann, REF, {"do": "adopt", "party": "town", "text": text})
    assert where.startswith("/console/law-proposals/"), where
    assert not any(one.ref == REF for one in town.desk.views.current().law(town.now).instruments)
    refused = ann.post(where, {"csrf": token_in(ann.get(where).text), "decision": "record"})
    assert refused.status_code == 403
    done = ben.submit(where, {"decision": "record"})
    assert done.status_code == 303, Seen(done.text).text
    assert any(one.ref == REF for one in town.desk.views.current().law(town.now).instruments)
    reader = town.database.reader()
    kinds = [opened(reader, index).decision.get("kind") for index in range(size(reader))]
    assert "law" in str(kinds)
    listed = Seen(ann.get("/console/law").text).text
    assert REF in listed
    where = bring(ann, REF, {"do": "revoke", "party": "town"})
    assert ben.submit(where, {"decision": "record"}).status_code == 303
    assert not any(one.ref == REF for one in town.desk.views.current().law(town.now).instruments)
    assert check_ledger(reader) == ()


def test_a_signature_of_somebody_else_brings_nothing(town: Town, ann: Visitor) -> None:
    text = TEXT.read_text("utf-8")
    before = size(town.database.reader())
    said = bring(ann, REF, {"do": "adopt", "party": "town", "text": text}, key="bureau")
    assert "not the signature of that party" in said
    assert size(town.database.reader()) == before


def test_a_draft_with_a_fault_says_where_and_what_to_do(ann: Visitor) -> None:
    text = TEXT.read_text("utf-8").replace('Process::"detainer"', 'Process::"detaner"')
    reply = ann.submit("/console/law-draft", {"text": text})
    said = Seen(reply.text).text
    assert reply.status_code == 422
    assert "clause 1" in said
    assert "Try:" in said


def test_a_redline_against_the_version_before(town: Town, ann: Visitor, ben: Visitor) -> None:
    text = TEXT.read_text("utf-8")
    where = bring(ann, REF, {"do": "adopt", "party": "town", "text": text})
    assert ben.submit(where, {"decision": "record"}).status_code == 303
    newer = text.replace("version: 1", "version: 2").replace(
        "Nobody is held upon a detainer.", "Nobody at all is held upon a detainer."
    )
    reply = ann.submit("/console/law-draft", {"text": newer, "against": REF})
    assert reply.status_code == 200
    assert "<ins>" in reply.text
    assert "prose changed" in reply.text


def test_others_do_not_change_the_law(house: TestHouse) -> None:
    for role in (Role.RECORDS, Role.CUSTODY, Role.AUDITOR):
        other = house.staff(role, handle=role.value)
        assert other.get("/console/law").status_code == 200
        assert other.get("/console/law-draft").status_code == 403


def test_a_hostile_draft_stays_words(ann: Visitor) -> None:
    text = TEXT.read_text("utf-8").replace(
        "Papers for people in the Town's custody", "<script>alert(1)</script>"
    )
    reply = ann.submit("/console/law-draft", {"text": text})
    assert "<script" not in reply.text
