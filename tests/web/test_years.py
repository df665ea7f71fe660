"""Over New Year at the gateway: both logs are served, proved and cosigned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.instant import parse_instant
from comity.ledger.policy import Policy, PolicyLog
from comity.ledger.proof import verify_proof
from comity.ledger.rebuild import audit
from comity.ledger.receipt import parse_receipt
from comity.store.sqlite.append import size
from comity.web.beat import Beat
from comity.web.log_source import source_of
from comity.web.mirror import mirror
from comity.web.witness_client import Outcome
from tests.web.test_beat import Log
from tests.web.test_receipts import asked, publish
from tests.web.town import Town
from tests.web.witnesses import LiveWitness, policy_of

NEW_YEAR = parse_instant("2019-01-01T00:00:00Z")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def court(tmp_path: Path) -> Iterator[LiveWitness]:
    made = LiveWitness(tmp_path)
    yield made
    made.stop()


def test_receipts_of_both_years(town: Town) -> None:
    """The log turns over while the agreement is in force; each entry is proved in its own log."""
    old, old_bytes = asked(town)
    publish(town)
    assert town.publisher.publish(NEW_YEAR) is not None
    first = size(town.database.reader())
    new, new_bytes = asked(town)
    town.publisher.publish(NEW_YEAR)
    logs = town.publisher.logs()
    policy = Policy(logs=tuple(PolicyLog(log.verifier_key) for log in logs))
    for index, commitment, log, place in (
        (old, old_bytes, logs[0], old),
        (new, new_bytes, logs[1], new - first),
    ):
        receipt = parse_receipt(town.send("GET", f"/receipts/{index}").body)
        judged = verify_proof(receipt.proof, commitment, policy)
        assert (judged.checkpoint.origin, receipt.proof.index) == (log.key.name, place)


@pytest.mark.parametrize("prefix", ["", "/2018", "/2019"])
def test_each_years_log_is_served(town: Town, prefix: str) -> None:
    asked(town)
    publish(town)
    town.publisher.publish(NEW_YEAR)
    asked(town)
    town.publisher.publish(NEW_YEAR)
    log = town.publisher.logs()[prefix == "/2019"]
    policy = Policy(logs=(PolicyLog(log.verifier_key),))

    def fetch(path: str) -> bytes | None:
        reply = town.send("GET", f"{prefix}/{path}", as_=None)
        return reply.body if reply.status == 200 else None

    audited = audit(fetch, policy)
    assert audited.findings == ()
    assert audited.judged is not None
    assert audited.judged.checkpoint == log.published()


@pytest.mark.parametrize("path", ["/2020/checkpoint", "/x/checkpoint", "/../checkpoint", "/2019/x"])
def test_a_year_that_never_began_is_not_there(town: Town, path: str) -> None:
    publish(town)
    town.publisher.publish(NEW_YEAR)
    assert town.send("GET", path, as_=None).status == 404


def test_a_witness_has_its_last_word_on_the_old_log(log: Log, court: LiveWitness) -> None:
    """It does not know the new one yet: that costs the new one its cosignature, and nothing else."""
    policy = policy_of((court.key, court.url))
    log.append(5)
    old_year, new_year = (parse_instant(f"{year}-12-31T23:59:59Z") for year in (2026, 2027))
    assert Beat(log.publisher, lambda: old_year, policy).once()[0].outcome is Outcome.COSIGNED
    log.append(2)
    later = Beat(log.publisher, lambda: new_year, policy)
    assert [one.outcome for one in later.once()] == [Outcome.COSIGNED, Outcome.REFUSED]
    assert [one.outcome for one in later.once()] == [Outcome.REFUSED]
    assert log.publisher.size_shown() == 7


def test_a_mirror_of_each_year(log: Log, tmp_path: Path) -> None:
    log.append(300)
    log.publisher.publish(parse_instant("2026-12-31T00:00:00Z"))
    log.publisher.publish(parse_instant("2027-01-01T00:00:00Z"))
    log.append(20)
    log.publisher.publish(parse_instant("2027-01-01T00:00:00Z"))
    for one, count in zip(log.publisher.logs(), (300, 20), strict=True):
        policy = Policy(logs=(PolicyLog(one.verifier_key),))
        copied = mirror(source_of(str(one.folder.path)), tmp_path / f"copy-{count}", policy)
        assert copied.copied == count
