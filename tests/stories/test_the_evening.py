"""31 August 2018, over HTTP with real signatures: what `comity demo` shows, held to the facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.city.demonstration import HandClock, Told, playing
from comity.city.rehearsal import SEED, Rehearsal, rehearse_city
from comity.city.scenes import MIDNIGHT
from comity.instant import format_instant
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import check_ledger, entry, size
from comity.web.gateway import Gateway

LAW = Path(__file__).resolve().parents[2] / "law"
ICE = "philadelphia-pars-ice@2"
ATF = "philadelphia-pars-atf@1"
CHRIA = "pennsylvania-chria@1"


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Rehearsal, list[Told], Database]]:
    from comity.cli.demo import gateway_for

    path = tmp_path_factory.mktemp("evening") / "comity.db"
    with Database.open(path, create=True) as database:
        rehearsal = rehearse_city(database, LAW, SEED, lambda _: None)

        def gateway_of(clock: HandClock) -> Gateway:
            return gateway_for(database)(clock)

        with playing(rehearsal, gateway_of) as evening:
            told = list(evening.play())
        yield rehearsal, told, database


Played = tuple[Rehearsal, list[Told], Database]


def one(played: Played, title: str) -> Told:
    """The one thing told under that title."""
    (found,) = [told for told in played[1] if told.title == title]
    return found


def cites(told: Told, ref: str, clause: str) -> bool:
    """Whether a clause is cited."""
    return any(text.startswith(f"{ref} {clause} ") for text in told.clauses)


def test_an_inquiry_is_answered_with_its_clause(played: Played) -> None:
    told = one(played, "Answered, with its clauses")
    assert told.outcome == "permit"
    assert cites(told, ICE, "3.1")
    assert set(told.data[0]) == {"existence", "identity", "charges", "court"}
    assert told.data[0]["charges"]["charges"]


def test_a_wider_one_is_answered_in_part(played: Played) -> None:
    told = one(played, "Answered in part")
    assert told.outcome == "permit reduced"
    assert "clause 4.1 of philadelphia-pars-ice@2" in told.words
    assert not {"custody", "release", "parties"} & set(told.data[0])


def test_civil_enforcement_is_refused_for_its_purpose(played: Played) -> None:
    told = one(played, "Refused for its purpose")
    assert told.outcome == "refuse"
    assert cites(told, ICE, "3.3")
    assert not told.data


def test_everyone_born_abroad_is_refused(played: Played) -> None:
    told = one(played, 'Refused: "everyone born abroad"')
    assert told.outcome == "refuse"
    assert cites(told, CHRIA, "1")


def test_a_sealed_record_is_told_like_a_number_never_given(played: Played) -> None:
    sealed, never = (
        one(played, title) for title in ("A sealed record", "A number never given: the same")
    )
    assert sealed.outcome == "withhold"
    assert (sealed.outcome, sealed.words, sealed.clauses, sealed.data) == (
        never.outcome,
        never.words,
        never.clauses,
        never.data,
    )


def test_place_of_birth_waits_for_approval_and_comes_with_it(played: Played) -> None:
    held = one(played, "Place of birth: held for approval")
    assert "birthplace" not in held.data[0]
    assert "clause 3.4 of philadelphia-pars-atf@1" in held.words
    fetched = one(played, "Approved by the custodian, and fetched")
    assert fetched.outcome == "permit"
    assert fetched.data[0]["birthplace"]


def test_the_feed_streams_to_the_last_instant_and_is_cut_there(played: Played) -> None:
    live = {
        agency: [told for told in played[1] if told.title.startswith(f"Live to {agency}")]
        for agency in ("ICE", "ATF")
    }
    before = [
        "2018-09-01T02:10:00.000Z",
        "2018-09-01T03:40:00.000Z",
        "2018-09-01T03:59:59.999Z",
    ]
    after = ["2018-09-01T04:00:00.000Z", "2018-09-01T04:00:07.000Z"]
    assert [told.at for told in live["ICE"]] == before
    assert [told.at for told in live["ATF"]] == before + after
    cut = one(played, "Cut at the last instant of the term")
    assert cut.at == format_instant(MIDNIGHT)
    assert cites(cut, ICE, "2.2")


def test_a_second_later_the_same_inquiry_is_refused(played: Played) -> None:
    told = one(played, "The first inquiry again, a second later")
    assert told.at == "2018-09-01T04:00:01.000Z"
    assert told.outcome == "refuse"
    assert cites(told, ICE, "2.2")
    assert "was not renewed" in told.words


def test_the_side_door_is_shut(played: Played) -> None:
    told = one(played, "The side door: a neighbour asks for ICE")
    assert told.outcome == "refuse"
    assert not told.data


def test_the_other_agreement_goes_on(played: Played) -> None:
    told = one(played, "Another agency's agreement goes on")
    assert told.outcome == "permit"
    assert cites(told, ATF, "3.1")


def test_an_event_for_an_expunged_record_brings_nobody_back(played: Played) -> None:
    rehearsal, _, database = played
    told = one(played, "An event for an expunged record")
    assert told.outcome == "quarantined"
    expunged = rehearsal.scene.roles["expunged"]
    held = b"".join(file.read_bytes() for file in database.path.parent.iterdir() if file.is_file())
    assert expunged.record_id.encode() not in held


def test_everything_told_is_in_the_ledger_and_recomputes(played: Played) -> None:
    _, told, database = played
    reader = database.reader()
    assert check_ledger(reader) == ()
    entries = [index for item in told for index in item.entries]
    assert len(entries) == len(set(entries))
    assert all(index < size(reader) for index in entries)
    assert all(item.entries for item in told if item.outcome != "quarantined")


def test_no_entry_names_a_person_where_it_must_not(played: Played) -> None:
    rehearsal, _, database = played
    reader = database.reader()
    markers = {
        marker.encode()
        for role in rehearsal.scene.roles.values()
        for marker in (
            role.record_id,
            role.person.person_id,
            str(role.person.identity().sur_name),
            str(role.person.identity().birth_date),
        )
    }
    for index in range(size(reader)):
        _, _, request, decision = entry(reader, index).parts
        open_parts = (request or b"") + (decision or b"")
        assert not [marker for marker in markers if marker in open_parts]
