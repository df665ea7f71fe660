"""Schemathesis reads the gateway's own OpenAPI document and sends what it allows, and what it does not.

Source: schemathesis.readthedocs.io; OpenAPI 3.1. The oracle is not ours: whatever is sent, there is no
5xx, and an answer is of a status, a media type and a shape that the document names. Requests are
signed as an agency's, so that what is made up reaches what reads it, and not only the door. In
process, over ASGI; the examples are bounded and the same in every run. Does not: follow a
subscription, which has no end.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from comity.web.limits import Limits
from comity.web.openapi import openapi_document
from comity.web.routes import ROUTES
from tests.web.town import Town, with_header

with warnings.catch_warnings():
    # Of what this library brings with it; what comity calls itself stays an error.
    warnings.simplefilter("ignore", DeprecationWarning)
    schemathesis = pytest.importorskip("schemathesis", exc_type=ImportError)

from requests import Request
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

EXAMPLES = 15
ENDLESS = "/subscriptions/{inquiry_id}/events"
SENDERS = {"/events": "jail"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
PATIENT = Limits(requests_per_minute=10**9)
DOCUMENT = schemathesis.openapi.from_dict(
    msgspec.json.decode(msgspec.json.encode(openapi_document()))
)
OPERATIONS = {
    (found.method.upper(), found.path): found
    for result in DOCUMENT.get_all_operations()
    if (found := result.ok()) is not None and found.path != ENDLESS
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A gateway that has signed its log and is patient."""
    with Town(tmp_path_factory.mktemp("fuzz"), PATIENT) as town:
        town.ask()
        town.publisher.publish(town.now)
        yield town


def test_it_reads_every_route_but_the_one_without_an_end() -> None:
    assert set(OPERATIONS) == {(one.method, one.path) for one in ROUTES} - {("GET", ENDLESS)}


@pytest.mark.parametrize(
    ("operation", "mode"),
    [
        (operation, mode)
        for operation, asked in OPERATIONS.items()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        # Where there is no body everything is text, of which none is wrong by the document.
        if mode is GenerationMode.POSITIVE or len(asked.body) > 0
    ],
    ids=lambda one: one.value if isinstance(one, GenerationMode) else " ".join(one),
)
def test_whatever_is_sent_the_answer_is_as_documented(
    town: Town, operation: tuple[str, str], mode: Any
) -> None:
    asked = OPERATIONS[operation]

    @given(asked.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def holds(case: Any) -> None:
        case.validate_response(_answer(town, case), checks=CHECKS)

    holds()


def _answer(town: Town, case: Any) -> httpx.Response:
    """The gateway's answer to a made-up request, signed by whom it is for."""
    given = case.as_transport_kwargs(base_url="http://gateway.example")
    prepared = Request(**{name: given[name] for name in given if name in _OF_A_REQUEST}).prepare()
    body = prepared.body or b""
    raw = body.encode() if isinstance(body, str) else body
    assert isinstance(raw, bytes)
    media_type = prepared.headers.get("Content-Type")
    assert media_type is None or isinstance(media_type, str)
    url = urlsplit(str(prepared.url))
    target = url.path + (f"?{url.query}" if url.query else "")
    sender = SENDERS.get(case.path, "bureau")
    scope, raw = town.request(str(prepared.method), target, raw, as_=sender)
    scope["path"] = unquote(url.path)  # as a server hands it on
    scope = with_header(scope, "content-type", media_type)
    reply = town.call(scope, raw)
    response = httpx.Response(
        reply.status,
        headers=reply.headers,
        content=reply.body,
        request=httpx.Request(str(prepared.method), str(prepared.url)),
    )
    response.elapsed = timedelta(0)
    return response


_OF_A_REQUEST = ("method", "url", "headers", "params", "json", "data", "files", "cookies")
