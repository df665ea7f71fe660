"""Asking a gateway for the entries about oneself, with the code on the notice.

Source: docs/openings.md. Invariant: the code travels in the body of one POST, and is in no message
of a fault. Does not: verify what came (`comity.ledger.opening` does, against a policy file).
"""

from __future__ import annotations

import httpx
import msgspec

from comity.disclosure.opening_code import OpeningCode
from comity.errors import ComityError, IntegrityFault, Unreachable
from comity.web.client import TIMEOUT_SECONDS, Refused, RefusedForNow, RefusedNotFound
from comity.web.openings import CodeGiven, SubjectOpened
from comity.web.problems import MEDIA_TYPE, Problem


def fetch_opening(
    url: str, code: OpeningCode, *, transport: httpx.BaseTransport | None = None
) -> SubjectOpened:
    """What the code opens, not verified yet. Raises Refused, Unreachable, IntegrityFault."""
    body = msgspec.json.encode(CodeGiven(code.text))
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    try:
        with httpx.Client(
            base_url=url, transport=transport, timeout=TIMEOUT_SECONDS, trust_env=False
        ) as http:
            response = http.post("/openings", content=body, headers=headers)
    except httpx.HTTPError as fault:
        raise Unreachable(
            f"the gateway cannot be reached: {fault}",
            where=url,
            remedy="check the address and that the gateway runs",
        ) from fault
    try:
        if response.status_code != 200:
            raise _refused(response)
        return msgspec.json.decode(response.content, type=SubjectOpened)
    except msgspec.MsgspecError as fault:
        raise IntegrityFault(
            f"the answer is not of the expected form: {fault}",
            where=url,
            remedy="is this address a Comity gateway, and of this version?",
        ) from fault


def _refused(response: httpx.Response) -> ComityError:
    if not response.headers.get("content-type", "").startswith(MEDIA_TYPE):
        return Unreachable(
            f"answered {response.status_code}, and not as a gateway does",
            where=str(response.url),
            remedy="check the address",
        )
    problem = msgspec.json.decode(response.content, type=Problem)
    if problem.status == 404:
        return RefusedNotFound(problem)
    if problem.status == 429 or problem.status >= 500:
        return RefusedForNow(problem)
    return Refused(problem)
