"""Passkeys, with a software authenticator: enrolling one, signing in, and whatever is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from comity.access.account import Role
from comity.instant import Instant
from comity.store.sqlite.sessions import CHALLENGE_MS
from tests.web.pages.authenticator import Authenticator, b64
from tests.web.pages.house import PUBLIC_URL, Seen, TestHouse, Visitor
from tests.web.pages.signing import sign_in, sign_ins, signing_house, staff
from tests.web.town import Town


@pytest.fixture
def house(town: Town) -> TestHouse:
    made = signing_house(town)
    staff(town, roles=(Role.RECORDS,))
    return made


@pytest.fixture
def device() -> Authenticator:
    return Authenticator(PUBLIC_URL, "records.example")


def options_on(visitor: Visitor, path: str) -> dict[str, Any]:
    """The options that a script would hand to the authenticator."""
    for tag, attributes in Seen(visitor.get(path).text).elements:
        if tag == "form" and "data-options" in attributes:
            found: dict[str, Any] = json.loads(attributes["data-options"] or "")
            return found
    raise AssertionError(f"{path} has no ceremony")


def enrol(house: TestHouse, device: Authenticator, **wrong: Any) -> int:
    visitor = house.visitor()
    sign_in(visitor, house.town)
    answer = device.create(options_on(visitor, "/account/passkey"), **wrong)
    fields = {"name": "phone", "answer": answer}
    return visitor.submit_on("", "/account/passkey", fields).status_code


def use(house: TestHouse, device: Authenticator, **wrong: Any) -> tuple[Visitor, int]:
    visitor = house.visitor()
    answer = device.get(options_on(visitor, "/sign-in/passkey?next=/about"), **wrong)
    fields = {"answer": answer, "next": "/about"}
    return visitor, visitor.submit_on("/sign-in", "/sign-in/passkey", fields).status_code


def test_a_passkey_signs_in_as_strongly_as_a_code(house: TestHouse, device: Authenticator) -> None:
    assert enrol(house, device) == 303
    visitor, status = use(house, device)
    assert status == 303
    text = Seen(visitor.get("/account").text).text
    assert "phone" in text
    assert "A password alone" not in text
    assert sign_ins(house.town)[-1] == ("signed in", "ann")


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"party": "evil.example"},
        {"unverified": True},
        {"challenge": b64(b"x" * 32)},
    ],
    ids=["origin", "relying party", "user not verified", "challenge"],
)
def test_what_does_not_hold_neither_enrols_nor_signs_in(
    house: TestHouse, device: Authenticator, wrong: dict[str, Any]
) -> None:
    assert enrol(house, device, **wrong) == 403
    house.town.now = Instant(house.town.now + 30_000)
    assert enrol(house, device) == 303
    assert use(house, device, **wrong)[1] == 403
    assert sign_ins(house.town)[-1] == ("failed", None)
    assert use(house, device)[1] == 303


def test_another_key_does_not_sign_in(house: TestHouse, device: Authenticator) -> None:
    enrol(house, device)
    assert use(house, device, key=ec.generate_private_key(ec.SECP256R1()))[1] == 403


def test_a_counter_that_stands_still_is_a_copied_key(
    house: TestHouse, device: Authenticator
) -> None:
    enrol(house, device)
    assert use(house, device)[1] == 303
    assert use(house, device, steps=0)[1] == 403
    assert use(house, device)[1] == 303


def test_an_answer_counts_once_and_for_five_minutes(
    house: TestHouse, device: Authenticator
) -> None:
    enrol(house, device)
    visitor = house.visitor()
    answer = device.get(options_on(visitor, "/sign-in/passkey"))
    fields = {"answer": answer, "next": ""}
    assert visitor.submit_on("/sign-in", "/sign-in/passkey", fields).status_code == 303
    other = house.visitor()
    assert other.submit_on("/sign-in", "/sign-in/passkey", fields).status_code == 403
    late = house.visitor()
    answer = device.get(options_on(late, "/sign-in/passkey"))
    house.town.now = Instant(house.town.now + CHALLENGE_MS)
    fields = {"answer": answer, "next": ""}
    assert late.submit_on("/sign-in", "/sign-in/passkey", fields).status_code == 403


@pytest.mark.parametrize("answer", ["{}", "[]", "x", '{"rawId":"!!"}', '{"rawId":"AAAA"}'])
def test_an_answer_that_is_none(house: TestHouse, answer: str) -> None:
    visitor = house.visitor()
    options_on(visitor, "/sign-in/passkey")
    fields = {"answer": answer, "next": ""}
    assert visitor.submit_on("/sign-in", "/sign-in/passkey", fields).status_code == 403


def test_a_passkey_is_taken_away_by_its_owner_alone(
    house: TestHouse, device: Authenticator
) -> None:
    town = house.town
    enrol(house, device)
    staff(town, "bea", (Role.LAW,))
    bea = house.visitor()
    sign_in(bea, town, "bea")
    fields = {"passkey": b64(device.credential_id)}
    assert bea.submit_on("", "/account", fields).status_code == 404
    ann, _ = use(house, device)
    assert ann.submit_on("", "/account", fields).status_code == 303
    assert use(house, device)[1] == 403


def test_a_password_alone_makes_no_key_beside_the_owners(town: Town, device: Authenticator) -> None:
    house = signing_house(town)
    staff(town, with_code=False)
    assert enrol(house, device) == 303  # the first factor: a password alone must do
    thief = house.visitor()
    assert sign_in(thief, town, code="").status_code == 303
    for path in ("/account/passkey", "/account/code"):
        assert thief.get(path).status_code == 403
    mine = {
        "name": "mine",
        "answer": Authenticator(PUBLIC_URL, "records.example").create(
            {"challenge": b64(b"x" * 32)}
        ),
    }
    assert thief.submit_on("", "/account/passkey", mine).status_code == 403
    gone = {"passkey": b64(device.credential_id)}
    assert thief.submit_on("", "/account", gone).status_code == 403
    owner, _ = use(house, device)
    assert owner.get("/account/code").status_code == 200


def test_without_an_address_of_its_own_a_house_has_no_passkeys(town: Town) -> None:
    house = signing_house(town, public_url="")
    assert house.visitor().get("/sign-in/passkey").status_code == 404
