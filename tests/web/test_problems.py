"""What never becomes an inquiry: a problem that says what is wrong, and no entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from comity.instant import Instant
from comity.store.sqlite.registry import (
    revoke_key,
)
from comity.web.limits import Limits
from tests.web.town import (
    Town,
    entries,
    key_id,
    problem,
    with_header,
)


def test_unsigned(town: Town) -> None:
    reply = town.send("POST", "/inquiries", town.inquiry(), as_=None)
    assert (reply.status, problem(reply)) == (401, "unsigned")
    assert reply.headers["www-authenticate"].startswith("Signature")


@pytest.mark.parametrize(
    ("seconds", "slug"), [(-61, "expired-signature"), (61, "signature-not-yet-valid")]
)
def test_clock_skew(town: Town, seconds: int, slug: str) -> None:
    at = Instant(town.now + seconds * 1000)
    reply = town.send("POST", "/inquiries", town.inquiry(), at=at)
    assert (reply.status, problem(reply)) == (401, slug)
    within = Instant(town.now + (seconds - seconds // abs(seconds)) * 1000)
    assert town.send("POST", "/inquiries", town.inquiry(), at=within).status == 200


def test_an_unknown_agency_a_revoked_key_and_a_stolen_key_id(town: Town) -> None:
    body = town.inquiry()
    reply = town.send("POST", "/inquiries", body, as_="nobody")
    assert (reply.status, problem(reply)) == (401, "unknown-key")
    reply = town.send("POST", "/inquiries", body, as_="nobody", key_id=key_id("bureau"))
    assert (reply.status, problem(reply)) == (401, "bad-signature")
    town.write(lambda c: revoke_key(c, key_id("bureau"), town.made()))
    reply = town.send("POST", "/inquiries", body)
    assert (reply.status, problem(reply)) == (401, "unknown-key")
    assert "revoked" in reply.json["detail"]


def test_a_changed_body_and_a_wrong_digest(town: Town) -> None:
    raw = msgspec.json.encode(town.inquiry())
    scope, _ = town.request("POST", "/inquiries", raw)
    assert problem(town.call(scope, raw.replace(b"r-1", b"r-2"))) == "wrong-content-digest"
    scope, _ = town.request("POST", "/inquiries", raw)
    unsaid = with_header(scope, "content-digest", None)
    assert problem(town.call(unsaid, raw)) == "wrong-content-digest"


def test_a_replay_is_refused_and_leaves_no_entry(town: Town) -> None:
    scope, raw = town.request("POST", "/inquiries", msgspec.json.encode(town.inquiry()))
    assert town.call(scope, raw).status == 200
    before = entries(town)
    reply = town.call(scope, raw)
    assert (reply.status, problem(reply)) == (401, "replayed-nonce")
    for target in ("/subscriptions", "/inquiries/i-1"):
        scope, raw = town.request("GET", target)
        town.call(scope, raw)
    scope, raw = town.request("GET", "/subscriptions")
    assert town.call(scope, raw).status == 200
    assert problem(town.call(scope, raw)) == "replayed-nonce"
    assert entries(town) == before


def test_a_request_for_another_gateway_is_misdirected(town: Town) -> None:
    scope, raw = town.request("POST", "/inquiries", msgspec.json.encode(town.inquiry()))
    reply = town.call(with_header(scope, "host", "other.example"), raw)
    assert (reply.status, problem(reply)) == (421, "misdirected")


@pytest.mark.parametrize(
    ("changes", "slug", "where", "hint"),
    [
        ({"purpose": "criminal investigaton"}, "unknown-word", "purpose", "criminal investigation"),
        ({"purpose": "zzzzzz"}, "unknown-word", "purpose", "allowed"),
        ({"data_classes": ["charge"]}, "unknown-word", "data_classes", "charges"),
        ({"query": {"kind": "identifer", "record_id": "r"}}, "unknown-word", "query.kind", "ident"),
        ({"reason": "x"}, "unknown-word", "reason", ""),
        ({"query": {"kind": "name", "surname": "x"}}, "unknown-word", "query.surname", "sur_name"),
        ({"on_behalf_of": {"agency": "x"}}, "unknown-word", "on_behalf_of.agency", ""),
        ({"purpose": None}, "malformed-inquiry", None, ""),
        ({"officer": 7}, "malformed-inquiry", "officer", ""),
        ({"inquiry_id": "a b"}, "unusable-inquiry", "inquiry_id", ""),
        ({"officer": ""}, "unusable-inquiry", "officer", ""),
        ({"data_classes": []}, "unusable-inquiry", "data_classes", ""),
        ({"data_classes": ["charges", "charges"]}, "unusable-inquiry", "data_classes", ""),
        ({"query": {"kind": "identifier"}}, "unusable-inquiry", "query", ""),
        (
            {"query": {"kind": "identifier", "record_id": "a", "state_id": "b"}},
            "unusable-inquiry",
            "query",
            "",
        ),
        (
            {"query": {"kind": "name", "sur_name": " ", "given_name": "x"}},
            "unusable-inquiry",
            "query.sur_name",
            "",
        ),
        (
            {
                "query": {
                    "kind": "name",
                    "sur_name": "x",
                    "given_name": "x",
                    "birth_date": "1980-02-30",
                }
            },
            "unusable-inquiry",
            "query.birth_date",
            "",
        ),
        ({"query": {"kind": "list", "page": 0}}, "unusable-inquiry", "query.page", ""),
        ({"query": {"kind": "list", "page_size": 10_000}}, "unusable-inquiry", "query.page", ""),
        ({"case_number": "x" * 201}, "unusable-inquiry", "case_number", ""),
        (
            {"query": {"kind": "subscription", "record_ids": ["r-1"]}},
            "unusable-inquiry",
            "query.kind",
            "/subscriptions",
        ),
    ],
)
def test_words_and_values_that_make_no_inquiry(
    town: Town, changes: dict[str, Any], slug: str, where: str | None, hint: str
) -> None:
    before = entries(town)
    reply = town.ask(**changes)
    assert problem(reply) == slug
    assert reply.status == (400 if slug == "malformed-inquiry" else 422)
    assert reply.json.get("where") == where
    assert hint in reply.json["try"]
    if slug == "unknown-word":
        assert reply.json["allowed"]
    assert entries(town) == before


@pytest.mark.parametrize(
    "raw", [b"{", b"[]", b"\xff\xfe", b'{"inquiry_id":"\\ud800"}', b"[" * 60_000, b"1"]
)
def test_what_is_not_json(town: Town, raw: bytes) -> None:
    reply = town.send("POST", "/inquiries", raw)
    assert (reply.status, problem(reply)) == (400, "malformed-inquiry")


def test_an_oversized_body_and_header(town_with: Callable[[Limits], Town]) -> None:
    town = town_with(Limits(body_bytes=2000))
    for target in ("/inquiries", "/subscriptions"):
        reply = town.send("POST", target, b"x" * 2001)
        assert (reply.status, problem(reply)) == (413, "body-too-large")
    scope, raw = town.request("POST", "/inquiries", b"{}")
    said = with_header(scope, "content-length", "2001")
    assert town.call(said, raw).status == 413
    reply = town.call(with_header(scope, "x-long", "x" * 20_000), raw)
    assert (reply.status, problem(reply)) == (431, "header-too-large")


def test_the_rate_limit_is_of_one_key_and_says_when_to_go_on(
    town_with: Callable[[Limits], Town],
) -> None:
    town = town_with(Limits(requests_per_minute=3))
    for _ in range(3):
        assert town.ask().status == 200
    reply = town.ask()
    assert (reply.status, problem(reply)) == (429, "too-many-requests")
    assert reply.headers["retry-after"] == "20"
    assert town.send("POST", "/inquiries", town.inquiry(officer="o-1"), as_="other").status == 200
    town.now = Instant(town.now + 20_000)
    assert town.ask().status == 200
    assert town.ask().status == 429


def test_a_bad_signature_spends_nobody_elses_share(town_with: Callable[[Limits], Town]) -> None:
    town = town_with(Limits(requests_per_minute=1))
    for _ in range(5):
        assert town.send("GET", "/subscriptions", as_="x", key_id=key_id("bureau")).status == 401
    assert town.ask().status == 200
