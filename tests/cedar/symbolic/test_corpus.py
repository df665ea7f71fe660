"""A sample of Cedar's conformance corpus: what is encodable is encoded as cedarpy has it."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from cedarpy import pst

from comity.cedar.action import SchemaInvalid
from comity.cedar.policy import PolicyInvalid, read_policy
from comity.cedar.symbolic.answer import Assumptions, NotEncoded
from comity.cedar.symbolic.declared import Environment, environments
from comity.cedar.symbolic.frame import frame
from comity.cedar.symbolic.patterns import NeedsText
from comity.cedar.value import Request
from tests.cedar.symbolic.pin import Unfit, says

_SHARED = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "cedar" / "corpus.jsonl.gz"
CORPUS = Path(os.environ.get("CEDAR_CORPUS", _SHARED))
EVERY = 4
REQUESTS = 2
ENCODED_AT_LEAST = 0.95


def sampled() -> Iterator[dict[str, Any]]:
    with gzip.open(CORPUS, "rt", encoding="utf-8") as file:
        for line in islice(file, 0, None, EVERY):
            yield json.loads(line)


def said(
    policy: pst.Template, test: dict[str, Any], about: dict[str, Any]
) -> tuple[bool, bool] | str:
    kinds = [about[name]["type"] for name in ("principal", "resource")]
    act = about["action"]["id"]
    principal, action, resource = (
        (about[name]["type"], about[name]["id"]) for name in ("principal", "action", "resource")
    )
    request = Request(principal, action, resource, about["context"], test["entities"], typed=False)
    where = Environment(kinds[0], act, kinds[1])
    for text in (False, True):
        here = frame(test["schema"], where, Assumptions(present=False), text=text)
        try:
            with here.acting(act):
                return says(here.symbols, policy, request)
        except NeedsText:
            continue
    raise AssertionError("strings were not enough")


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.exists(), reason=f"no Cedar corpus at {CORPUS} (CEDAR_CORPUS)")
def test_requests_of_the_corpus_are_answered_alike(capsys: pytest.CaptureFixture[str]) -> None:
    seen: Counter[str] = Counter()
    for test in sampled():
        try:
            policy = read_policy("p", test["policies"])
            places = set(environments(test["schema"]))
        except PolicyInvalid:
            seen["not read by cedarpy"] += 1
            continue
        except SchemaInvalid:
            seen["actions within a namespace"] += 1
            continue
        present = {(one["uid"]["type"], one["uid"]["id"]) for one in test["entities"]}
        encoded = True
        for about in test["requests"][:REQUESTS]:
            where = Environment(
                about["principal"]["type"], about["action"]["id"], about["resource"]["type"]
            )
            ends = {(about[name]["type"], about[name]["id"]) for name in ("principal", "resource")}
            if where not in places or not ends <= present:
                seen["requests not as the engine demands them"] += 1
                continue
            try:
                found = said(policy, test, about)
            except NotEncoded as gap:
                encoded = False
                seen[str(gap)] += 1
                continue
            except Unfit:
                seen["requests that do not conform to the schema"] += 1
                continue
            expected = (bool(about["reason"]) and not about["errors"], bool(about["errors"]))
            assert found == expected, (test["id"], test["policies"], about)
            seen["requests"] += 1
        seen["policies encoded" if encoded else "policies not encoded"] += 1
    with capsys.disabled():
        print(f"\nCedar corpus by z3: {dict(seen)}")
    assert seen["requests"] > 100
    assert seen["policies encoded"] >= ENCODED_AT_LEAST * (
        seen["policies encoded"] + seen["policies not encoded"]
    )
