"""Clause classes over the conformance corpus of Cedar: same class, same answer and same error."""

from __future__ import annotations

import gzip
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from comity.cedar.footprint import footprint
from comity.cedar.observation import Everything
from comity.cedar.policy import PolicyInvalid, read_policy
from comity.cedar.value import Request, uid_of

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "cedar" / "corpus.jsonl.gz"
CORPUS = Path(os.environ.get("CEDAR_CORPUS", _SHARED))
COVERED_AT_LEAST = 0.92
"""Share of the policies whose footprint is better than full values; a drop is a fault."""


def lines() -> Iterator[dict[str, Any]]:
    with gzip.open(CORPUS, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.exists(), reason=f"no Cedar corpus at {CORPUS} (CEDAR_CORPUS)")
def test_equal_keys_mean_equal_answers(capsys: pytest.CaptureFixture[str]) -> None:
    policies = requests = covered = shared = unread = 0
    for test in lines():
        try:
            node = read_policy(test["id"], test["policies"])
        except PolicyInvalid:
            unread += 1
            continue
        policies += 1
        print_ = footprint(node)
        better = not print_.whole and not any(
            isinstance(one, Everything) for one in print_.observations
        )
        covered += better
        answers: dict[Any, set[tuple[bool, bool]]] = defaultdict(set)
        for asked in test["requests"]:
            requests += 1
            seen = Request(
                uid_of(asked["principal"]),
                uid_of(asked["action"]),
                uid_of(asked["resource"]),
                asked["context"],
                test["entities"],
                typed=False,
            )
            key = tuple(one.see(seen) for one in print_.observations)
            answers[key].add((bool(asked["reason"]), bool(asked["errors"])))
        shared += sum(len(found) for found in answers.values()) < len(test["requests"])
        for key, found in answers.items():
            assert len(found) == 1, (test["id"], test["policies"], key)
    engine = version("cedarpy")
    with capsys.disabled():
        print(
            f"\nCedar corpus: {policies} policies, {requests} requests; a footprint better than "
            f"full values for {covered} ({covered / policies:.1%}); {unread} are no policy we read;"
            f" {shared} with requests of one class; cedarpy {engine}"
        )
    assert covered / policies >= COVERED_AT_LEAST
