"""What reaches the gateway is answered by a decision with an entry, or nothing leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import apsw
import msgspec
import pytest

from comity.disclosure.inquiry import Ori
from comity.disclosure.process import Label, Process
from comity.disclosure.registry import Agency
from comity.instant import Instant
from comity.law.paper import NamedPerson
from comity.records.record import Contact, Identity, Standing
from comity.store.sqlite.append import bump_generation
from comity.store.sqlite.ledger import check_ledger, opened
from comity.store.sqlite.registry import (
    add_agency,
    file_process,
    remove_officer,
    suspend_agency,
)
from comity.web.limits import Limits
from tests.web.town import (
    BUREAU,
    END,
    OTHER,
    START,
    Town,
    entries,
    key_id,
    problem,
    record,
)

# Answers.


def test_a_permitted_inquiry_cites_its_clause_and_stands_in_the_ledger(town: Town) -> None:
    before = entries(town)
    reply = town.ask()
    assert reply.status == 200
    answer = reply.json
    assert answer["outcome"] == "permit"
    assert answer["clauses"][0]["clause"] == "3"
    (shown,) = answer["shown"]
    assert shown["data"].keys() == {"existence", "identity", "charges"}
    assert (entries(town), answer["entries"][0]["index"]) == (before + 1, before)
    entry = opened(town.database.reader(), before)
    assert entry.content == {"disclosed": shown["data"]}
    assert entry.request["ori"] == BUREAU
    assert entry.request["key_id"] == key_id("bureau")
    assert check_ledger(town.database.reader()) == ()


def test_a_reduced_answer_says_which_clause_withheld_what(town: Town) -> None:
    answer = town.ask(data_classes=["charges", "whereabouts"]).json
    assert answer["outcome"] == "permit reduced"
    (withheld,) = answer["shown"][0]["withheld"]
    assert (withheld["data_class"], withheld["outcome"]) == ("whereabouts", "refuse")
    assert "whereabouts" not in answer["shown"][0]["data"]


def test_nothing_shown_is_the_same_bytes_whether_or_not_there_is_a_record(town: Town) -> None:
    town.memory.records["r-9"] = record(9, standing=Standing.SEALED)
    there = town.ask(query={"kind": "identifier", "record_id": "r-9"}).json
    absent = town.ask(query={"kind": "identifier", "record_id": "r-0"}).json
    assert there["outcome"] == "withhold"
    for answer in (there, absent):
        assert answer.pop("inquiry_id")
        assert answer.pop("entries")
    assert there == absent


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c, town: suspend_agency(c, BUREAU, "audit overdue", town.made()), "is suspended"),
        (lambda c, town: remove_officer(c, BUREAU, "a-1", town.made()), "left the roster"),
    ],
)
def test_a_suspended_agency_and_a_removed_officer_are_refused_with_an_entry(
    town: Town, change: Callable[[apsw.Connection, Town], Any], reason: str
) -> None:
    town.now = Instant(START + 1000)
    town.write(lambda c: change(c, town))
    before = entries(town)
    answer = town.ask().json
    assert answer["outcome"] == "refuse"
    assert reason in answer["reason"]
    assert entries(town) == before + 1


def test_a_forged_officer_is_refused_with_an_entry(town: Town) -> None:
    before = entries(town)
    answer = town.ask(officer="b-2").json
    assert answer["outcome"] == "refuse"
    assert "not on the roster" in answer["reason"]
    assert entries(town) == before + 1


def test_a_system_asks_without_a_place_on_the_roster(town: Town) -> None:
    assert town.ask(officer="system:docket").json["outcome"] == "permit"


def test_an_agency_without_an_agreement_is_refused(town: Town) -> None:
    reply = town.send("POST", "/inquiries", town.inquiry(officer="o-1"), as_="other")
    assert reply.json["outcome"] in ("refuse", "withhold")
    assert "shown" not in reply.json


@pytest.mark.parametrize("ori", [str(OTHER), "XXNOT0000"])
def test_whoever_is_asked_for_must_be_allowed_too(town: Town, ori: str) -> None:
    answer = town.ask(on_behalf_of={"ori": ori}).json
    assert answer["outcome"] in ("refuse", "withhold")
    assert "shown" not in answer
    if ori == "XXNOT0000":
        assert "is not registered" in answer["reason"]


def test_the_last_millisecond_and_the_first_after(town: Town) -> None:
    town.now = Instant(END - 1)
    assert town.ask().json["outcome"] == "permit"
    town.now = END
    answer = town.ask().json
    assert answer["outcome"] == "refuse"
    assert answer["clauses"] == [{**answer["clauses"][0], "clause": "2"}]
    assert "town-bureau@1 expired at 2018-09-01" in answer["reason"]


def test_a_warrant_on_file_opens_what_it_names(town: Town) -> None:
    person = Identity(sur_name="Nemo1", given_name="Nina", birth_date="1980-01-01")
    town.memory.records["r-1"] = record(1, identity=person, contact=Contact(address="1 Nowhere"))
    paper = Process(
        "w-1",
        Label.WARRANT,
        "court",
        START,
        court="Court",
        judicial_officer="J.",
        docket="1",
        named_person=NamedPerson("Nemo1", "Nina", "1980-01-01"),
        criminal=True,
        verified_by="clerk",
        verified_at=START,
        expires_at=Instant(START + 1000),
    )
    wanted = {"data_classes": ["contact"]}
    assert "contact" not in town.ask(**wanted).json["shown"][0]["data"]
    missing = town.ask(**wanted, legal_basis="w-1").json
    assert "contact" not in missing["shown"][0]["data"]
    town.write(lambda c: file_process(c, paper, town.made()))
    assert "contact" in town.ask(**wanted, legal_basis="w-1").json["shown"][0]["data"]
    town.memory.records["r-2"] = record(2, contact=Contact(address="2 Nowhere"))
    other = {"kind": "identifier", "record_id": "r-2"}
    answer = town.ask(**wanted, legal_basis="w-1", query=other).json
    assert "contact" not in answer["shown"][0]["data"]
    town.now = Instant(START + 1000)
    assert "contact" not in town.ask(**wanted, legal_basis="w-1").json["shown"][0]["data"]


# Lists.


def test_a_list_is_paged_and_counted_over_what_may_be_seen(town: Town) -> None:
    for number in range(2, 8):
        standing = Standing.SEALED if number % 2 else Standing.OPEN
        town.memory.records[f"r-{number}"] = record(number, standing=standing)
    seen: list[str] = []
    for page, expected in [(1, 2), (2, 2)]:
        query = {"kind": "list", "sur_name": "Nemo", "page": page, "page_size": 2}
        answer = town.ask(query=query).json
        assert (answer["page"], answer["of"], len(answer["shown"])) == (page, 4, expected)
        seen += [one["data"]["existence"]["record_id"] for one in answer["shown"]]
    assert sorted(seen) == ["r-1", "r-2", "r-4", "r-6"]
    beyond = town.ask(query={"kind": "list", "sur_name": "Nemo", "page": 9, "page_size": 2}).json
    assert beyond["outcome"] == "refuse"
    assert "page 9 is empty" in beyond["reason"]


def test_everyone_born_abroad_is_refused_before_a_record_is_read(town: Town) -> None:
    def fail() -> None:
        raise AssertionError("a record was read")

    town.memory.before_reading = fail
    answer = town.ask(query={"kind": "list", "birthplace_not": "US"}).json
    assert answer["outcome"] == "refuse"
    assert answer["clauses"][0]["clause"] == "7"


def test_a_list_that_is_too_broad_is_refused_with_an_entry(
    town_with: Callable[[Limits], Town],
) -> None:
    town = town_with(Limits(list_candidates_max=3))
    town.memory.records = {f"r-{n}": record(n) for n in range(4)}
    before = entries(town)
    answer = town.ask(query={"kind": "list", "sur_name": "Nemo"}).json
    assert answer["outcome"] == "refuse"
    assert "too broad" in answer["reason"]
    assert entries(town) == before + 1


# Keys of record systems and of agencies do not mix.


def test_a_record_systems_key_asks_nothing(town: Town) -> None:
    for method, target in [
        ("POST", "/inquiries"),
        ("POST", "/subscriptions"),
        ("GET", "/subscriptions"),
        ("GET", "/inquiries/i-1"),
        ("DELETE", "/subscriptions/i-1"),
        ("GET", "/subscriptions/i-1/events"),
    ]:
        body = town.inquiry() if method == "POST" else b""
        reply = town.send(method, target, body, as_="jail")
        assert (reply.status, problem(reply)) == (403, "not-permitted"), target
    reply = town.send("POST", "/events", b"{}")
    assert (reply.status, problem(reply)) == (403, "not-permitted")


# Faults of the store and a moving law.


def test_an_unwritable_ledger_discloses_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("comity.store.sqlite.gathering.append_all", _full)
        before = entries(town)
        reply = town.ask()
        assert (reply.status, problem(reply)) == (503, "ledger-unwritable")
        assert "nothing was disclosed" in reply.json["detail"]
        assert b"theft" not in reply.body
        assert b"Nemo" not in reply.body
    assert entries(town) == before
    assert town.ask().status == 200


def _full(*_: Any) -> Any:
    raise apsw.FullError("database or disk is full")


def test_a_law_that_moves_meanwhile_is_decided_again(town: Town) -> None:
    moves = iter(range(2))

    def move() -> None:
        if next(moves, None) is not None:
            town.write(bump_generation)

    town.memory.before_reading = move
    assert town.ask().json["outcome"] == "permit"


def test_a_law_that_never_rests_ends_in_a_problem(town: Town) -> None:
    town.memory.before_reading = lambda: town.write(bump_generation)
    before = entries(town)
    reply = town.ask()
    assert (reply.status, problem(reply)) == (503, "law-moving")
    assert entries(town) == before


def test_a_suspension_between_reading_and_appending_counts(town: Town) -> None:
    """Decided as permitted, suspended before the entry was durable: refused."""
    once = iter(range(1))

    def suspend() -> None:
        if next(once, None) is not None:
            town.write(lambda c: suspend_agency(c, BUREAU, "now", town.made()))

    town.memory.before_reading = suspend
    answer = town.ask().json
    assert answer["outcome"] == "refuse"
    assert "suspended" in answer["reason"]


def test_a_fault_tells_nothing_of_its_cause(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_(*_: Any) -> Any:
        raise ValueError("Nina Nemo1 broke it")

    monkeypatch.setattr(town.memory, "candidates", break_)
    reply = town.ask()
    assert (reply.status, problem(reply)) == (500, "fault")
    assert b"Nemo" not in reply.body
    assert "ValueError" in caplog.text
    assert "Nemo" not in caplog.text


def test_logs_name_no_person(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "comity.gateway")
    town.ask(case_number="CASE-77", query={"kind": "name", "sur_name": "Nemo1", "given_name": "N"})
    town.ask(purpose="zzz")
    line = msgspec.json.decode(caplog.records[0].getMessage())
    assert line["ori"] == BUREAU
    assert line["outcome"] == "permit"
    for word in ("Nemo", "CASE-77", "a-1", "r-1"):
        assert word not in caplog.text.replace(key_id("bureau"), "")


# What anybody may read.


def test_the_law_in_force_and_its_text(town: Town) -> None:
    page = town.send("GET", "/law", as_=None).json
    (text,) = page["texts"]
    assert text["ref"] == "town-bureau@1"
    assert page["until"] == "2018-09-01T04:00:00.000Z"
    reply = town.send("GET", text["href"], as_=None)
    assert reply.headers["content-type"].startswith("text/markdown")
    assert b"## 7 Lists rest on somebody" in reply.body
    town.now = END
    page = town.send("GET", "/law", as_=None).json
    assert page["texts"] == []
    (lapsed,) = page["lapsed"]
    assert (lapsed["status"], lapsed["clause"]["clause"]) == ("expired", "2")
    assert problem(town.send("GET", "/law/none@1", as_=None)) == "not-found"


def test_health(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = town.send("GET", "/health", as_=None)
    assert (reply.status, reply.json["ledger_writable"]) == (200, True)
    town.database.close()
    reply = town.send("GET", "/health", as_=None)
    assert reply.status == 503


def test_every_problem_has_a_page(town: Town) -> None:
    listed = town.send("GET", "/problems", as_=None).json
    for kind in listed:
        page = town.send("GET", f"/problems/{kind['slug']}", as_=None).json
        assert page == kind
        assert page["says"].endswith(".")
    assert problem(town.send("GET", "/problems/none", as_=None)) == "not-found"


def test_no_page_and_no_method(town: Town) -> None:
    assert problem(town.send("GET", "/none", as_=None)) == "not-found"
    reply = town.send("PUT", "/inquiries", b"{}")
    assert (reply.status, problem(reply)) == (405, "method-not-allowed")
    assert town.send("GET", "/inquiries").status == 405


def test_events_are_taken_in_and_bad_ones_reported(town: Town) -> None:
    good = b'{"source":"jail","event_id":"e-%d","verb":"booked","occurred_at":1,"record_id":"r","person_id":"p"}'
    body = b"\n".join([good % 1, b"{", good % 1, good.replace(b"jail", b"court") % 2])
    taken = town.send("POST", "/events", body, as_="jail").json
    assert (taken["taken_in"], taken["duplicates"]) == (1, 1)
    assert [bad["line"] for bad in taken["quarantined"]] == [2, 4]
    spread = msgspec.json.format(good % 3, indent=2)
    assert town.send("POST", "/events", spread, as_="jail").json["taken_in"] == 1


def test_a_leaving_gateway_takes_no_request(town: Town) -> None:
    town.gateway.leave()
    reply = town.ask()
    assert (reply.status, problem(reply)) == (503, "shutting-down")


def test_a_child_agency_asks_under_its_parents_agreement(town: Town) -> None:
    child = Agency(Ori("XXBUR0101"), "Field office", (), True, BUREAU)
    town.write(lambda c: add_agency(c, child, town.made()))
    town.enter_key("field", child.ori)
    reply = town.send("POST", "/inquiries", town.inquiry(officer="system:x"), as_="field")
    assert reply.json["outcome"] == "permit"
