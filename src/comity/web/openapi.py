"""The OpenAPI 3.1 document, from the routes and the msgspec types that they take and answer.

The hot routes are plain ASGI and no framework knows them; so the document is made
from `comity.web.routes`, where all routes are.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from comity import __version__
from comity.web.problems import KINDS, MEDIA_TYPE, Problem
from comity.web.routes import EVERYWHERE, ROUTES, SIGNED_PROBLEMS, Route

_REF: Final = "#/components/schemas/{name}"
_PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")
_SIGNATURE_SAYS: Final = (
    "RFC 9421, Ed25519, one signature labelled `comity` over"
    ' ("@method" "@authority" "@path" "@query" "content-digest"), the last with a body only,'
    ' with created, keyid, nonce and tag="comity"; see docs/gateway.md'
)


def openapi_document() -> dict[str, Any]:
    """The whole document."""
    types = [
        type_
        for route in ROUTES
        for type_ in (route.takes, route.answers, route.or_answers)
        if type_ is not None
    ]
    schemas, components = msgspec.json.schema_components([*types, Problem], ref_template=_REF)
    by_type = dict(zip(map(str, types), schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, by_type)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Comity gateway",
            "version": __version__,
            "description": "Inquiries of outside agencies into arrest and custody records,"
            " decided clause by clause by the texts in force.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "messageSignature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Signature-Input",
                    "description": _SIGNATURE_SAYS,
                }
            },
        },
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "description": route.says,
        "responses": _responses(route, schemas),
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]
    if route.answers_as == "text/event-stream":
        parameters.append(
            {
                "name": "Last-Event-ID",
                "in": "header",
                "required": False,
                "schema": {"type": "string"},
            }
        )
    if parameters:
        operation["parameters"] = parameters
    if route.takes is not None:
        schema = schemas[str(route.takes)]
        operation["requestBody"] = {
            "required": True,
            "content": {media: {"schema": schema} for media in route.takes_as},
        }
    if route.signed is not None:
        operation["security"] = [{"messageSignature": []}]
    return operation


def _responses(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = schemas[str(route.answers)]
    if route.or_answers is not None:
        schema = {"anyOf": [schema, schemas[str(route.or_answers)]]}
    responses: dict[str, Any] = {
        "200": {
            "description": route.summary,
            "content": {route.answers_as: {"schema": schema}},
        }
    }
    slugs = (*route.problems, *(SIGNED_PROBLEMS if route.signed else ()), *EVERYWHERE)
    by_status: dict[int, list[str]] = {}
    for slug in slugs:
        by_status.setdefault(int(KINDS[slug].status), []).append(slug)
    for status, of_status in sorted(by_status.items()):
        responses[str(status)] = {
            "description": "; ".join(f"{KINDS[slug].title} (`{slug}`)" for slug in of_status),
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}},
        }
    return responses


def _operation_id(route: Route) -> str:
    """`get_subscriptions_inquiry_id_events`."""
    words = re.sub(r"[^a-z_]+", "_", route.path).strip("_")
    return f"{route.method.lower()}_{words}"
