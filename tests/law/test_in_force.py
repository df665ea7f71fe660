"""The law as it decides: clauses by policy, one digest for one set of texts."""

from __future__ import annotations

import hashlib
import json

import pytest

from comity.cedar.engine import Uid
from comity.errors import IntegrityFault
from comity.instant import Instant
from comity.law.in_force import clause_that_sets, digest_of, engine_of, law_in_force
from comity.law.instrument import Policy
from tests.law.parties import clause, shipped, text

PARS = shipped("philadelphia/pars-ice-2010.md")
CHRIA = shipped("pennsylvania/chria.md")


def test_policies_lead_back_to_their_clauses() -> None:
    law = law_in_force([PARS, CHRIA])
    assert [one.ref for one in law.instruments] == [CHRIA.ref, PARS.ref]
    count = 0
    for instrument in (PARS, CHRIA):
        for one in instrument.clauses:
            for policy in one.policies:
                cited = law.clause(policy.id)
                assert (cited.instrument, cited.clause) == (instrument.ref, one.number)
                assert (cited.title, cited.digest) == (one.title, instrument.digest)
                assert law.refuses_by(policy.id) == policy.refuses_by
                count += 1
    assert count == len(law.cited) > len(law.engine.policies) > 5
    assert law.engine.policies.keys() <= law.cited.keys()
    assert law.refuses_by("philadelphia-pars-ice@2#5.1") == "withhold"


def test_a_policy_of_another_law_is_a_fault() -> None:
    law = law_in_force([CHRIA])
    with pytest.raises(IntegrityFault):
        law.clause("philadelphia-pars-ice@2#5.1")
    with pytest.raises(IntegrityFault):
        law.refuses_by("philadelphia-pars-ice@2#5.1")


def test_the_digest_is_of_refs_and_digests_alone() -> None:
    one, other = text("a"), text("b")
    says = json.dumps({"a@1": one.digest, "b@1": other.digest}, separators=(",", ":"))
    expected = hashlib.sha256(b"comity.law.v1\0" + says.encode()).hexdigest()
    assert digest_of([one, other]) == digest_of([other, one]) == expected
    assert law_in_force([other, one], since=Instant(1)).digest == expected
    assert digest_of([one]) != expected
    assert digest_of([]) == hashlib.sha256(b"comity.law.v1\0{}").hexdigest()


def test_no_text_in_force_refuses() -> None:
    law = law_in_force([])
    agency = Uid("Agency", "X")
    entities = [
        {"uid": {"type": "Agency", "id": "X"}, "attrs": {"criminal_justice": True}, "parents": []},
        {"uid": {"type": "Register", "id": "r"}, "attrs": {}, "parents": []},
    ]
    verdict = law.engine.decide(
        principal=agency,
        act="list",
        resource=Uid("Register", "r"),
        context={},
        entities=json.dumps(entities),
    )
    assert not verdict.permitted


def test_engines_are_kept_by_their_policies() -> None:
    policies = (("a@1#1", "permit (principal, action, resource);"),)
    assert engine_of(policies) is engine_of((policies[0],))
    assert engine_of(policies) is not engine_of(())


@pytest.mark.parametrize(
    ("since", "until", "covered"),
    [(None, None, True), (5, None, True), (6, None, False), (None, 5, False), (4, 6, True)],
)
def test_a_law_covers_its_range(since: int | None, until: int | None, covered: bool) -> None:
    law = law_in_force(
        [],
        since=None if since is None else Instant(since),
        until=None if until is None else Instant(until),
    )
    assert law.covers(Instant(5)) is covered


def test_the_clause_that_sets_a_key() -> None:
    one = text(clauses=[clause("a@1", "1", "parties"), clause("a@1", "2", "term", "renewal")])
    assert clause_that_sets(one, ("renewal", "term")).clause == "2"
    assert clause_that_sets(one, ("supersedes", "parties")).clause == "1"
    assert clause_that_sets(one, ("supersedes",)).clause == "0"


def test_the_manner_of_a_clause_with_several_policies() -> None:
    policies = (
        Policy("a@1#1a", "forbid", "forbid (principal, action, resource);", 1, "approval"),
        Policy("a@1#1b", "forbid", "forbid (principal, action, resource);", 1),
    )
    several = clause("a@1", "1", "term")
    law = law_in_force(
        [text(clauses=[type(several)(several.number, several.title, "P.", 1, policies=policies)])]
    )
    assert law.refuses_by("a@1#1a") == "approval"
    assert law.refuses_by("a@1#1b") is None
    assert law.clause("a@1#1a") == law.clause("a@1#1b")
