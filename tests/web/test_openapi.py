"""The OpenAPI document lists every route, hot ones too, and every reference in it resolves."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from comity.web.openapi import openapi_document
from comity.web.problems import KINDS
from comity.web.routes import ROUTES
from tests.web.town import Town

GOLDEN = """
DELETE /subscriptions/{inquiry_id}
GET /checkpoint
GET /custody/papers/{message_id}
GET /health
GET /inquiries/{inquiry_id}
GET /law
GET /law/{ref}
GET /openapi.json
GET /problems
GET /problems/{slug}
GET /receipts/{index}
GET /subscriptions
GET /subscriptions/{inquiry_id}/events
GET /tile/{path}
GET /{year}/checkpoint
GET /{year}/tile/{path}
POST /custody/papers
POST /events
POST /inquiries
POST /openings
POST /subscriptions
""".strip().splitlines()
"""No URL dies silently: what goes from here is a breaking change."""


def document() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(openapi_document()))
    return found


def test_the_golden_route_list() -> None:
    assert sorted(f"{route.method} {route.path}" for route in ROUTES) == GOLDEN


def test_the_document_lists_every_route_once() -> None:
    listed = [
        f"{method.upper()} {path}"
        for path, operations in document()["paths"].items()
        for method in operations
    ]
    assert sorted(listed) == GOLDEN
    ids = [
        operation["operationId"]
        for operations in document()["paths"].values()
        for operation in operations.values()
    ]
    assert len(ids) == len(set(ids))


def test_every_route_is_answered_and_every_other_is_not(town: Town) -> None:
    """A signed request to each: none is 404 by route or 405; an unlisted method is."""
    signed = town.publisher.publish(town.now)
    assert signed is not None
    shown = signed.checkpoint.size
    for route in ROUTES:
        target = re.sub(r"\{ref\}", "town-bureau@1", route.path)
        target = re.sub(r"\{slug\}", "unsigned", target)
        target = re.sub(r"\{path\}", f"0/000.p/{shown}", target)
        target = re.sub(r"\{index\}", "0", target)
        target = re.sub(r"\{year\}", "2018", target)
        target = re.sub(r"\{(inquiry|message)_id\}", "i-0", target)
        key = "jail" if route.signed == "source" else "bureau"
        reply = town.send(route.method, target, b"{}" if route.takes else b"", as_=key)
        assert reply.status not in (405, 500), route
        if reply.status == 404:
            assert "this agency has no" in reply.json["detail"], route
        refused = town.send(route.method, target, b"{}" if route.takes else b"", as_=None)
        assert (refused.status == 401) == (route.signed is not None), route
        for method in {"GET", "POST", "PUT", "DELETE"} - {
            one.method for one in ROUTES if one.path == route.path
        }:
            assert town.send(method, target).status == 405, (method, target)


def test_every_reference_resolves_and_every_schema_is_used() -> None:
    whole = document()
    text = msgspec.json.encode(whole).decode()
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert used == set(whole["components"]["schemas"])
    inquiry = whole["components"]["schemas"]["Inquiry"]
    assert inquiry["additionalProperties"] is False
    assert len(whole["components"]["schemas"]["Purpose"]["enum"]) == 16


def test_the_document_has_the_shape_of_openapi_3_1() -> None:
    """The parts that OpenAPI 3.1.0 demands, by hand: no validator is a dependency."""
    whole = document()
    assert whole["openapi"] == "3.1.0"
    assert {"title", "version"} <= whole["info"].keys()
    for path, operations in whole["paths"].items():
        assert path.startswith("/")
        for operation in operations.values():
            assert operation["responses"]["200"]["description"]
            named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
            assert named == set(re.findall(r"\{([^}]+)\}", path))
            for response in operation["responses"].values():
                assert response["description"]
                for media in response.get("content", {}).values():
                    assert "schema" in media
            for demand in operation.get("security", []):
                assert demand.keys() <= whole["components"]["securitySchemes"].keys()


def test_every_problem_is_documented_somewhere() -> None:
    text = msgspec.json.encode(document()).decode()
    spoken = {slug for slug in KINDS if f"`{slug}`" in text}
    assert set(KINDS) - spoken == {"method-not-allowed"}


def test_the_document_is_served(town: Town) -> None:
    assert town.send("GET", "/openapi.json", as_=None).json == document()
