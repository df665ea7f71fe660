"""Signing in: by password and code, what is entered, and everything by which somebody might get past it."""

from __future__ import annotations

import pyotp
import pytest

from comity.access.account import Account, Role
from comity.access.lockout import FAILURES_MAX, LOCK_MS
from comity.access.password import hash_password
from comity.access.session import IDLE_MS, WHOLE_MS
from comity.instant import Instant
from comity.store.sqlite.accounts import add_account, disable_account, set_roles
from comity.web.pages.visit import TRIES_A_MINUTE
from tests.web.pages.house import Seen, TestHouse, token_in
from tests.web.pages.signing import PASSWORD, code_now, sign_in, sign_ins, signing_house, staff
from tests.web.town import Town

SESSION = "__Host-comity"


@pytest.fixture
def house(town: Town) -> TestHouse:
    made = signing_house(town)
    staff(town)
    return made


def test_password_and_code_sign_in_and_are_entered(house: TestHouse) -> None:
    visitor = house.visitor()
    reply = sign_in(visitor, house.town)
    assert (reply.status_code, reply.headers["location"]) == (303, "/account")
    assert "ann" in Seen(visitor.get("/account").text).text
    assert sign_ins(house.town) == [("signed in", "ann")]


def test_the_cookie_is_of_this_host_alone_and_no_script_reads_it(house: TestHouse) -> None:
    (line,) = sign_in(house.visitor(), house.town).headers.get_list("set-cookie")
    parts = {part.strip().lower() for part in line.split(";")[1:]}
    assert line.startswith("__Host-comity=")
    assert {"path=/", "secure", "httponly", "samesite=lax"} <= parts
    assert not any(part.startswith(("domain", "expires", "max-age")) for part in parts)


def test_every_sign_in_gets_a_cookie_that_was_never_sent_before(house: TestHouse) -> None:
    visitor = house.visitor()
    visitor.get("/sign-in")
    planted = visitor.cookies[SESSION]
    sign_in(visitor, house.town)
    assert visitor.cookies[SESSION] != planted
    thief = house.visitor()
    thief.cookies[SESSION] = planted
    assert thief.get("/account").headers["location"].startswith("/sign-in")


def test_a_cookie_of_elsewhere_is_not_taken_over(house: TestHouse) -> None:
    visitor = house.visitor()
    visitor.cookies[SESSION] = "A" * 43
    assert visitor.get("/account").status_code == 303
    assert sign_in(visitor, house.town).status_code == 303
    assert visitor.cookies[SESSION] != "A" * 43


@pytest.mark.parametrize(
    "changes",
    [{"password": "wrong"}, {"code": "000000"}, {"code": ""}, {"handle": "nobody"}],
    ids=["password", "code", "no code", "handle"],
)
def test_whatever_is_wrong_the_answer_is_the_same(
    house: TestHouse, changes: dict[str, str]
) -> None:
    reply = sign_in(house.visitor(), house.town, **changes)
    other = sign_in(house.visitor(), house.town, password="also wrong")
    assert reply.status_code == 422

    def said(text: str) -> str:
        return text.replace(token_in(text), "")

    assert said(reply.text) == said(other.text)
    by = None if "handle" in changes else "ann"
    assert sign_ins(house.town) == [("failed", by), ("failed", "ann")]


def test_what_was_typed_for_a_handle_is_in_no_entry(house: TestHouse) -> None:
    sign_in(house.visitor(), house.town, handle=PASSWORD.replace(" ", ""))
    assert sign_ins(house.town) == [("failed", None)]


def test_a_code_counts_once(house: TestHouse) -> None:
    assert sign_in(house.visitor(), house.town).status_code == 303
    assert sign_in(house.visitor(), house.town).status_code == 422
    house.town.now = Instant(house.town.now + 30_000)
    assert sign_in(house.visitor(), house.town).status_code == 303


def test_five_failures_lock_for_fifteen_minutes_and_the_right_password_too(
    house: TestHouse,
) -> None:
    for _ in range(FAILURES_MAX):
        sign_in(house.visitor(), house.town, password="wrong")
    assert sign_in(house.visitor(), house.town).status_code == 422
    house.town.now = Instant(house.town.now + LOCK_MS - 1)
    assert sign_in(house.visitor(), house.town).status_code == 422
    house.town.now = Instant(house.town.now + 1)
    assert sign_in(house.visitor(), house.town).status_code == 303
    assert [result for result, _ in sign_ins(house.town)] == [
        *["failed"] * 5,
        "locked",
        "locked",
        "signed in",
    ]


def test_four_failures_and_a_success_begin_anew(house: TestHouse) -> None:
    for _ in range(2):
        for _ in range(FAILURES_MAX - 1):
            sign_in(house.visitor(), house.town, password="wrong")
        assert sign_in(house.visitor(), house.town).status_code == 303
        house.town.now = Instant(house.town.now + 60_000)


def test_idle_for_thirty_minutes_a_session_opens_nothing_but_its_lock(house: TestHouse) -> None:
    visitor = house.visitor()
    sign_in(visitor, house.town)
    house.town.now = Instant(house.town.now + IDLE_MS - 1)
    assert visitor.get("/account").status_code == 200
    house.town.database.write(lambda _: None).result(5)
    house.town.now = Instant(house.town.now + IDLE_MS)
    locked = visitor.get("/account")
    assert locked.headers["location"] == "/unlock?next=/account"
    assert visitor.get("/account.json").headers["location"].startswith("/unlock")
    before = visitor.cookies[SESSION]
    fields = {"password": PASSWORD, "code": code_now(house.town), "next": "/account"}
    assert visitor.submit("/unlock", fields).headers["location"] == "/account"
    assert visitor.cookies[SESSION] != before
    assert visitor.get("/account").status_code == 200
    assert sign_ins(house.town) == [("signed in", "ann"), ("unlocked", "ann")]


def test_a_session_is_over_after_twelve_hours_however_busy(house: TestHouse) -> None:
    visitor = house.visitor()
    sign_in(visitor, house.town)
    began = house.town.now
    while house.town.now + IDLE_MS - 60_000 < began + WHOLE_MS:
        house.town.now = Instant(house.town.now + IDLE_MS - 60_000)
        assert visitor.get("/account").status_code == 200
        house.town.database.write(lambda _: None).result(5)
    house.town.now = Instant(began + WHOLE_MS)
    assert visitor.get("/account").headers["location"] == "/sign-in?next=/account"


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/about", "/about"),
        ("/about?x=1", "/about?x=1"),
        ("//evil.example", "/account"),
        ("/\\evil.example", "/account"),
        ("https://evil.example", "/account"),
        ("/\t/evil.example", "/account"),
        ("javascript:alert(1)", "/account"),
        ("", "/account"),
    ],
)
def test_the_way_on_leads_nowhere_but_here(house: TestHouse, asked: str, goes: str) -> None:
    assert sign_in(house.visitor(), house.town, next=asked).headers["location"] == goes


def test_signing_out_takes_a_form_and_ends_the_session(house: TestHouse) -> None:
    visitor = house.visitor()
    sign_in(visitor, house.town)
    kept = dict(visitor.cookies)
    visitor.get("/sign-out")
    assert visitor.get("/account").status_code == 200
    visitor.submit("/sign-out", {})
    visitor.cookies = kept
    assert visitor.get("/account").status_code == 303
    assert sign_ins(house.town)[-1] == ("signed out", "ann")


def test_a_disabled_account_and_changed_roles_end_sessions(house: TestHouse) -> None:
    town, visitor = house.town, house.visitor()
    staff(town, "root", (Role.ADMINISTRATOR,))
    sign_in(visitor, town)
    town.write(lambda c: set_roles(c, "ann", {Role.LAW}, town.made()))
    assert visitor.get("/account").status_code == 303
    town.now = Instant(town.now + 30_000)
    sign_in(visitor, town)
    town.write(lambda c: disable_account(c, "ann", town.made()))
    assert visitor.get("/account").status_code == 303
    town.now = Instant(town.now + 30_000)
    assert sign_in(visitor, town).status_code == 422


def test_by_plain_http_from_elsewhere_nobody_signs_in(town: Town) -> None:
    house = signing_house(town, public_url="")
    staff(town)
    away = house.visitor()
    away.client = ("192.0.2.7", 4711)
    assert sign_in(away, town).status_code == 403
    near = house.visitor()
    reply = sign_in(near, town)
    assert reply.status_code == 303
    assert "comity=" in reply.headers["set-cookie"]
    assert "secure" not in reply.headers["set-cookie"].lower()


def test_whoever_was_given_a_password_changes_it_enrols_a_code_and_only_then_works(
    town: Town,
) -> None:
    house = signing_house(town)
    first = "given-once-a-first"
    one = Account("new", frozenset({Role.ADMINISTRATOR}), town.now)
    hashed = hash_password(first, town.draw)
    town.write(lambda c: add_account(c, one, hashed, town.made()))
    visitor = house.visitor()

    def enter(password: str, code: str = "") -> None:
        fields = {"handle": "new", "password": password, "code": code, "next": "/about"}
        assert visitor.submit("/sign-in", fields).headers["location"] == "/account"

    enter(first)
    assert visitor.get("/account/code").status_code == 403  # the password first
    wrong = {"before": "wrong wrong wrong", "password": PASSWORD, "again": PASSWORD}
    assert visitor.submit("/account/password", wrong).status_code == 422
    right = {"before": first, "password": PASSWORD, "again": PASSWORD}
    assert visitor.submit("/account/password", right).status_code == 303
    assert visitor.get("/account").status_code == 303
    enter(PASSWORD)
    assert "A password alone opens nothing" in visitor.get("/account").text
    page = Seen(visitor.get("/account/code").text)
    assert page.text == Seen(visitor.get("/account/code").text).text  # a reload shows the same
    (uri,) = (word for word in page.text.split() if word.startswith("otpauth://"))
    app = pyotp.parse_uri(uri)
    assert isinstance(app, pyotp.TOTP)
    assert visitor.submit("/account/code", {"code": "000000"}).status_code == 422
    assert visitor.submit("/account/code", {"code": app.at(town.now // 1000)}).status_code == 303
    town.now = Instant(town.now + 30_000)
    fields = {"handle": "new", "password": PASSWORD, "code": app.at(town.now // 1000)}
    reply = visitor.submit("/sign-in", {**fields, "next": "/about"})
    assert reply.headers["location"] == "/about"
    assert visitor.get("/account/code").status_code == 409


def test_from_one_address_nobody_tries_without_end(house: TestHouse) -> None:
    visitor = house.visitor()
    fields = {"handle": "x", "password": "", "code": "", "next": ""}
    tried = [visitor.submit("/sign-in", fields).status_code for _ in range(TRIES_A_MINUTE + 1)]
    assert tried == [422] * TRIES_A_MINUTE + [429]
    other = house.visitor()
    other.client = ("::1", 1)
    assert other.submit("/sign-in", fields).status_code == 422
