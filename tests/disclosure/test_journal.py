"""What an inquiry was decided on, as a line: closed words, and nothing that names anybody."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings

from comity.disclosure.decide import decide_register, settle
from comity.disclosure.facts import record_attributes
from comity.disclosure.inquiry import Asked, ByName, Inquirer, Ori
from comity.disclosure.journal import ABOUT, ASKED, ASKER, NOBODY, about_part, lines, of_nobody
from comity.disclosure.seal import Signed, seal_settled
from comity.law.schema import INQUIRY_ACTS
from comity.law.vocabulary import ListAct
from comity.ledger.journal_line import JournalLine
from comity.oversight.history import COLUMNS
from comity.records.record import Charge, PersonId, Record, RecordId, Standing
from tests.laws.inquiries import asks, records
from tests.laws.shipped import law_of
from tests.ledger.samples import seeded
from tests.store.planted import Planted

LAW = law_of("philadelphia-pars-ice@2", "philadelphia-pars-atf@1", "pennsylvania-chria@1")
SIGNED = Signed("k", "n", "d")
NAMING = (b"MARKER", b"officer-7", b"r-1", b"p-1", b"00000001", b"q-1")


def asked(**more: Any) -> Asked:
    """The planted agency's inquiry by name."""
    inquiry = Planted.asked(object.__new__(Planted), ByName("MARKERSUR", "MARKERGIVEN"))
    return msgspec.structs.replace(inquiry, **more)


def record(number: int, **more: Any) -> Record:
    whole: dict[str, Any] = {"charges": {"1": Charge("1", "theft", "18 § 3929", "M1")}}
    return Record(RecordId(f"r-{number}"), PersonId(f"p-{number}"), **(whole | more))


def journal_of(inquiry: Asked, *found: Record) -> list[tuple[JournalLine, ...]]:
    sealed = seal_settled(settle(inquiry, LAW, found), SIGNED, seeded(1))
    return [one.journal for one in sealed]


def words(line: JournalLine) -> dict[str, Any]:
    *values, behalf = msgspec.json.decode(line.asked)
    about = msgspec.json.decode(line.about)
    return (
        dict(zip(ASKED, values, strict=True))
        | dict(zip(ABOUT, about, strict=True))
        | {"behalf": behalf}
    )


@settings(max_examples=60, deadline=None)
@given(asks(), records())
def test_a_line_names_nobody_and_says_what_was_asked(inquiry: Asked, found: Record) -> None:
    for kept in journal_of(inquiry, found):
        assert kept
        for line in kept:
            whole = line.asked + line.about + line.ruled
            assert not [word for word in NAMING if word in whole]
            said = words(line)
            assert said["purpose"] == inquiry.inquiry.purpose
            assert said["agency"] == inquiry.inquirer.ori
            assert said["standing_in"] is (inquiry.on_behalf_of is not None)
            assert (said["behalf"] is None) is (inquiry.on_behalf_of is None)
            assert (line.at, line.form) == (inquiry.at, LAW.form)
            assert line.about in (about_part(record_attributes(found)), NOBODY)


def test_each_record_shown_has_its_own_line() -> None:
    grave = record(2, charges={"1": Charge("1", "robbery", "18 § 3701", "F1")})
    (first,), (second,) = journal_of(asked(), record(1), grave)
    assert (words(first)["grade"], words(second)["grade"]) == ("M1", "F1")
    assert first.outcome == second.outcome == "permit"
    ((acts, permitted, determining, erring),) = msgspec.json.decode(first.ruled)
    assert [INQUIRY_ACTS[act] for act in acts] == ["see existence", "see identity", "see charges"]
    clauses = msgspec.json.decode(LAW.form.clauses)
    assert permitted is True
    assert [clauses[number] for number in determining] == ["philadelphia-pars-atf@1#3.1"]
    assert erring == []


def test_a_refusal_keeps_what_was_found_and_each_kind_once() -> None:
    """So that a draft that would have opened it can be seen to do so."""
    stranger = Inquirer(Ori("XXNON0000"), "nobody's", ("stranger",), True, "o-1")
    sealed = record(3, standing=Standing.SEALED)
    ((*kept,),) = journal_of(asked(inquirer=stranger), record(1), record(2), sealed)
    assert [words(line)["standing"] for line in kept] == ["open", "sealed"]
    assert {line.outcome for line in kept} == {"refuse"}
    ((nothing,),) = journal_of(asked(inquirer=stranger))
    assert nothing.about == NOBODY
    assert words(nothing)["on_file"] is False


def test_who_may_not_ask_at_all_leaves_a_line_of_nobody() -> None:
    suspended = Inquirer(Ori("XXSUS0000"), "gone", ("us-atf",), False, None, fault="suspended")
    ((line,),) = journal_of(asked(inquirer=suspended), record(1))
    assert (line.about, line.ruled, line.outcome) == (NOBODY, b"[]", "refuse")
    assert words(line)["principal"] == "Agency"


def test_the_register_is_asked_for_by_its_own_act() -> None:
    line = decide_register(asked(), LAW, ListAct.SUBSCRIBE).line
    assert line is not None
    ((acts, *_),) = msgspec.json.decode(line.ruled)
    assert [INQUIRY_ACTS[act] for act in acts] == ["subscribe"]
    assert line.about == NOBODY


def test_an_entry_about_nobody_keeps_no_record() -> None:
    ((line,),) = journal_of(asked(), record(1))
    bare = of_nobody(line)
    assert bare is not None
    assert (bare.about, bare.ruled, bare.asked) == (NOBODY, b"[]", line.asked)
    assert of_nobody(None) is None
    assert lines("withhold", bare) == (msgspec.structs.replace(bare, outcome="withhold"),)
    assert lines("permit", None) == ()


def test_the_words_of_a_line_are_those_of_a_history() -> None:
    assert sorted(["at", "month", *ASKED, *ABOUT]) == sorted(COLUMNS)
    assert ASKED[: len(ASKER)] == ASKER
