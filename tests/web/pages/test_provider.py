"""Signing in at an identity provider, against one that runs as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from comity.access.account import Account, Role
from comity.access.provider import Provider
from comity.instant import Instant
from comity.store.sqlite.accounts import add_account, disable_account
from comity.store.sqlite.sessions import CHALLENGE_MS
from tests.web.pages.house import PUBLIC_URL, TestHouse, Visitor
from tests.web.pages.signing import sign_ins, signing_house, staff
from tests.web.town import START, Town

SCRIPT = Path(__file__).parent / "provider_process.py"
BACK = f"{PUBLIC_URL}/sign-in/provider/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of the provider."""
    arguments = [sys.executable, str(SCRIPT), str(START // 1000), BACK]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.terminate()


@pytest.fixture
def misbehave(issuer: str) -> Iterator[Callable[..., None]]:
    """Makes the provider say something wrong."""

    def tell(**wrong: Any) -> None:
        assert httpx.post(f"{issuer}/misbehave", json=wrong).status_code == 200

    yield tell
    tell()


@pytest.fixture
def house(town: Town, issuer: str) -> TestHouse:
    provider = Provider("the city's directory", issuer, "comity", "the client's secret")
    made = signing_house(town, provider=provider)
    staff(town, "root", (Role.ADMINISTRATOR,))
    ann = Account("ann", frozenset({Role.LAW}), town.now, subject="subject-of-ann")
    town.write(lambda c: add_account(c, ann, None, town.made()))
    return made


def sent(visitor: Visitor, onward: str = "/about") -> str:
    """Go to the provider; the address at which it sends the visitor back, as a path of ours."""
    to = visitor.get("/sign-in/provider", {"next": onward})
    assert to.status_code == 303
    back = httpx.get(to.headers["location"]).headers["location"]
    assert back.startswith(BACK)
    return str(back).removeprefix(PUBLIC_URL)


def test_whom_the_provider_names_is_signed_in(house: TestHouse) -> None:
    visitor = house.visitor()
    assert "the city&#39;s directory" in visitor.get("/sign-in").text
    before = visitor.cookies["__Host-comity"]
    reply = visitor.get(sent(visitor))
    assert (reply.status_code, reply.headers["location"]) == (303, "/about")
    assert visitor.cookies["__Host-comity"] != before
    assert "A password alone" not in visitor.get("/account").text
    assert sign_ins(house.town) == [("signed in", "ann")]


def test_the_way_there_asks_with_a_challenge_and_no_more_than_who(house: TestHouse) -> None:
    query = parse_qs(urlsplit(house.visitor().get("/sign-in/provider").headers["location"]).query)
    assert query["scope"] == ["openid"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [BACK]
    assert len({query["state"][0], query["nonce"][0], query["code_challenge"][0]}) == 3


NOW = START // 1000


@pytest.mark.parametrize(
    "wrong",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "another"}},
        {"claims": {"aud": ["comity", "another"]}},
        {"claims": {"aud": ["comity", "another"], "azp": "another"}},
        {"claims": {"iss": "https://another.example"}},
        {"claims": {"exp": NOW - 61}},
        {"claims": {"exp": None}},
        {"claims": {"iat": NOW - 601}},
        {"claims": {"iat": NOW + 61}},
        {"claims": {"nbf": NOW + 61}},
        {"claims": {"sub": ""}},
        {"claims": {"sub": 7}},
        {"claims": {"sub": "subject-of-nobody"}},
        {"key": True},
        {"alg": "none"},
        {"alg": "HS256"},
    ],
    ids=str,
)
def test_a_token_that_does_not_hold_signs_nobody_in(
    house: TestHouse, misbehave: Callable[..., None], wrong: dict[str, Any]
) -> None:
    visitor = house.visitor()
    back = sent(visitor)
    misbehave(**wrong)
    assert visitor.get(back).status_code == 403
    assert visitor.get("/account").status_code == 303
    misbehave()
    assert visitor.get(sent(visitor)).status_code == 303


def test_a_document_of_another_issuer_is_not_followed(
    house: TestHouse, misbehave: Callable[..., None]
) -> None:
    misbehave(issuer="https://another.example")
    assert house.visitor().get("/sign-in/provider").status_code == 503


def test_the_answer_to_one_visitor_is_nothing_to_another(house: TestHouse) -> None:
    """Sign-in CSRF: whoever is lured to somebody else's answer is not signed in as them."""
    mine, theirs = house.visitor(), house.visitor()
    sent(mine)
    back = sent(theirs)
    assert mine.get(back).status_code == 403
    assert house.visitor().get(back).status_code == 403


def test_an_answer_counts_once_and_for_five_minutes(house: TestHouse) -> None:
    visitor = house.visitor()
    back = sent(visitor)
    assert visitor.get(back).status_code == 303
    again = house.visitor()
    again.cookies = dict(visitor.cookies)
    assert again.get(back).status_code == 403
    late = house.visitor()
    back = sent(late)
    house.town.now = Instant(house.town.now + CHALLENGE_MS)
    assert late.get(back).status_code == 403


def test_an_answer_under_another_state_is_none(house: TestHouse) -> None:
    visitor = house.visitor()
    path, _, query = sent(visitor).partition("?")
    code = parse_qs(query)["code"][0]
    assert visitor.get(path, {"code": code, "state": "A" * 43}).status_code == 403
    assert visitor.get("/account").status_code == 303


def test_an_answer_of_another_issuer_is_none(house: TestHouse) -> None:
    """RFC 9207: where the answer says whose it is, it must be the one that was asked."""
    visitor = house.visitor()
    back = sent(visitor)
    assert visitor.get(f"{back}&iss=https://another.example").status_code == 403


@pytest.mark.parametrize("query", ["", "?state=x", "?code=x&state=x", "?error=access_denied"])
def test_an_odd_answer_is_none(house: TestHouse, query: str) -> None:
    visitor = house.visitor()
    sent(visitor)
    assert visitor.get(f"/sign-in/provider/back{query}").status_code in (303, 403)
    assert visitor.get("/account").status_code == 303


def test_the_provider_leads_nowhere_but_here(house: TestHouse) -> None:
    visitor = house.visitor()
    assert visitor.get(sent(visitor, "//evil.example")).headers["location"] == "/account"


def test_a_disabled_account_is_not_let_in_by_the_provider(house: TestHouse) -> None:
    town, visitor = house.town, house.visitor()
    town.write(lambda c: disable_account(c, "ann", town.made()))
    assert visitor.get(sent(visitor)).status_code == 403
    assert sign_ins(town) == [("failed", "ann")]


def test_a_provider_that_does_not_answer_is_said_so(town: Town) -> None:
    gone = Provider("gone", "http://127.0.0.1:9", "comity")
    house = signing_house(town, provider=gone)
    assert house.visitor().get("/sign-in/provider").status_code == 503
