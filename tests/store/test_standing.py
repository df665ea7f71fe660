"""Expunge, seal, hide and restore: nothing of an expunged record is left in any file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comity.errors import NotFound
from comity.instant import Instant, format_instant
from comity.ledger.entry import seal
from comity.records.event import Parts, RecordEvent
from comity.records.ingest import EXPUNGED, Applied, Batch, Refused, messages_of_lines
from comity.records.message import encode_event
from comity.records.record import Charge, Identity, RecordId, Standing
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import check_ledger, entries_between, generation, size
from comity.store.sqlite.records import (
    events_after,
    find_by_name,
    find_record,
    quarantined,
    record_counts,
    take_in_batch,
)
from comity.store.sqlite.standing import (
    Expunction,
    Recipient,
    buried,
    expunge_records,
    recalls,
    set_standing,
    standing_event,
)
from tests.ledger.samples import seeded
from tests.records.events import AT, event
from tests.store.record_state import state

DICE = seeded(5)
MARK = "MARKERVELM"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "comity.db", create=True) as opened:
        yield opened


def report(number: int = 1, record: str = "r-1", verb: str = "booked", **more: Any) -> RecordEvent:
    """An event about a record of one person, marked in every text."""
    mark = f"{MARK}-{record}"
    parts = Parts(
        identity=Identity(sur_name=mark, given_name="Oda", state_id=f"{mark}-id"),
        charges=(Charge("1", f"{mark} charge", f"{mark} statute"),),
    )
    return event(verb, number, record, **({"parts": parts} | more))


def take(database: Database, *events: RecordEvent, refused: tuple[Refused, ...] = ()) -> Applied:
    batch = Batch(events, [f"f:{n}" for n in range(1, len(events) + 1)], refused, {})
    return database.write(lambda connection: take_in_batch(connection, batch, AT, DICE)).result()


def enter(
    database: Database,
    *,
    ori: str = "XXBUR0100",
    person: str | None = "p-1",
    classes: tuple[str, ...] = ("charges", "identity"),
    **subject: Any,
) -> int:
    """An entry as a disclosure leaves it; `classes` empty for a refusal."""
    sealed = seal(
        subject={"person": person, "terms": {}, **subject},
        content={"disclosed": {one: {"marked": f"{MARK}-entry"} for one in classes}},
        request={"ori": ori},
        decision={"kind": "disclosure" if classes else "refusal", "at": format_instant(AT)},
        randomness=DICE,
        subject_id=person,
    )
    (receipt,) = database.write(lambda connection: append_entries(connection, (sealed,))).result()
    return receipt.index


def expunge(database: Database, *record_ids: str) -> tuple[Recipient, ...]:
    order = Expunction(record_ids, "CP-51-MD-1", "custodian", AT)
    return database.write(lambda connection: expunge_records(connection, order, DICE)).result()


def open_entries(database: Database) -> list[int]:
    query = "SELECT index_ FROM entry_personal ORDER BY index_"
    return [index for (index,) in database.reader().execute(query)]


def on_disk(database: Database) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(database.path.parent.iterdir()))


def test_an_expunged_record_is_gone_with_its_events_and_statutes(database: Database) -> None:
    take(database, report(1), report(2), report(3, "r-2"))
    before = generation(database.reader())
    assert expunge(database, "r-1") == ()
    reader = database.reader()
    assert find_record(reader, "r-1") is None
    assert [one.record_id for _, one in events_after(reader, 0, 9)] == ["r-2"]
    assert find_by_name(reader, f"{MARK}-r-1", "Oda", None, 9) == ()
    assert [one[0] for one in reader.execute("SELECT statute FROM record_statute")] == [
        f"{MARK}-r-2 statute"
    ]
    assert buried(reader, ["r-1", "r-2"]) == {"r-1"}
    assert generation(reader) == before + 1
    assert check_ledger(reader) == ()


def test_no_byte_of_it_is_left_in_any_file(database: Database) -> None:
    take(database, report(1), refused=(bad("r-1"),))
    enter(database, record="r-1")
    database.purge_journal().result()
    assert MARK.encode() in on_disk(database), "the search would find it"
    expunge(database, "r-1")
    assert database.purge_journal().result()
    assert MARK.encode() not in on_disk(database)
    assert b"CP-51-MD-1" in on_disk(database), "the order itself is kept"


def test_a_record_with_pages_of_text_leaves_no_byte_either(database: Database) -> None:
    long = Parts(charges=tuple(Charge(str(n), f"{MARK} {n} " + "x" * 900) for n in range(40)))
    take(database, *(report(n, parts=long) for n in range(1, 12)))
    take(database, *(report(n, f"r-{n}", parts=Parts()) for n in range(20, 60)))
    expunge(database, "r-1")
    assert database.purge_journal().result()
    assert MARK.encode() not in on_disk(database)


def test_every_past_recipient_is_listed_and_kept_to_be_told(database: Database) -> None:
    take(database, report(1))
    first = enter(database, record="r-1")
    enter(database, ori="XXOTH0200", classes=(), found=["r-1"])  # a refusal: nobody received it
    second = enter(database, ori="XXOTH0200", person=None, record="r-1", classes=("custody",))
    told = (
        Recipient("XXBUR0100", first, format_instant(AT), ("charges", "identity")),
        Recipient("XXOTH0200", second, format_instant(AT), ("custody",)),
    )
    assert expunge(database, "r-1") == told
    (recall,) = recalls(database.reader())
    assert recall.recipients == told
    assert recall.entry == size(database.reader()) - 1
    assert open_entries(database) == [recall.entry]


@pytest.mark.parametrize(
    "subject",
    [
        {"record": "r-1"},
        {"found": ["r-1", "r-9"]},
        {"terms": {"record_id": "r-1"}},
        {"terms": {"record_ids": ["r-9", "r-1"]}},
    ],
)
@pytest.mark.parametrize("who", ["p-1", "p-another", None])
def test_an_entry_about_it_is_closed_however_it_names_it(
    database: Database, subject: dict[str, Any], who: str | None
) -> None:
    take(database, report(1))
    about = enter(database, person=who, classes=(), **subject)
    others = [
        enter(database, record="r-2"),
        enter(database, record="r-10", terms={"sur_name": "r-1"}),
        enter(database, terms={"case_number": "r-1"}, record=None),
    ]
    expunge(database, "r-1")
    assert about not in open_entries(database)
    assert set(others) <= set(open_entries(database)), "another record of the same person stays"
    assert check_ledger(database.reader()) == (), "a closed entry still verifies"
    assert size(database.reader()) == 5


def test_a_record_number_that_json_escapes_is_found_in_entries(database: Database) -> None:
    take(database, report(1, 'r-"1"'))
    about = enter(database, person=None, record='r-"1"')
    assert [one.entry for one in expunge(database, 'r-"1"')] == [about]
    assert about not in open_entries(database)


def bad(record: str, mark: str = "") -> Refused:
    tree = msgspec.json.decode(encode_event(report(7, record))) | {"surprise": mark or 1}
    ((_, refused, _),) = messages_of_lines(
        [(1, msgspec.json.encode(tree))], "jail", AT, hold_birthplace=False
    )
    assert isinstance(refused, Refused)
    return refused


def test_quarantined_messages_about_it_go_and_others_stay(database: Database) -> None:
    cut = encode_event(report(8))[:-1]  # no JSON, so that nobody read which record it names
    row = Refused("jail", "a.csv:2", "why", b'{"episode": 1}', "row", "r-1")
    unread = Refused("jail", "f:3", "is not JSON", cut)
    typed = Refused("jail", "f:4", "is not JSON", b"record_id: r-1, name: " + MARK.encode())
    others = (bad("r-10"), bad("r-2"), Refused("jail", "f:5", "is not JSON", b"xr-1 r-1-2 r-12"))
    take(database, report(1), refused=(bad("r-1"), row, unread, typed, *others))
    expunge(database, "r-1")
    assert [one.refused for one in quarantined(database.reader())] == list(others)


@pytest.mark.parametrize("order", ["before", "after", "same batch"])
def test_the_tombstone_keeps_it_out_in_any_order(database: Database, order: str) -> None:
    gone = report(9, verb="expunged", parts=Parts(), authority="CP-1")
    if order == "before":
        take(database, gone)
        became = take(database, report(1), report(2, "r-2"))
    elif order == "after":
        take(database, report(1), gone)
        became = take(database, report(1), report(2, "r-2"))
    else:
        became = take(database, gone, report(1), report(2, "r-2"))
    assert became.expunged == (("f:2",) if order == "same batch" else ("f:1",))
    reader = database.reader()
    assert find_record(reader, "r-1") is None
    assert find_record(reader, "r-2") is not None
    assert quarantined(reader) == ()
    reasons = [one[0] for one in reader.execute("SELECT reason FROM quarantine")]
    assert reasons == [EXPUNGED]
    database.purge_journal().result()
    assert f"{MARK}-r-1".encode() not in on_disk(database)


def test_an_expungement_that_comes_twice_is_a_duplicate(database: Database) -> None:
    gone = report(9, verb="expunged", parts=Parts(), authority="CP-1")
    assert take(database, report(1), gone, gone) == Applied(2, 1)
    assert take(database, gone) == Applied(0, 1)
    assert record_counts(database.reader())["tombstone"] == 1


def test_an_expungement_by_event_counts_and_keeps_its_recalls(database: Database) -> None:
    take(database, report(1))
    enter(database, record="r-1")
    gone = report(9, verb="expunged", parts=Parts(), authority="CP-1")
    assert take(database, gone) == Applied(1, recalls=1)
    ((recipient,),) = [one.recipients for one in recalls(database.reader())]
    assert recipient.ori == "XXBUR0100"


def test_a_tombstone_names_nobody(database: Database) -> None:
    expunge(database, "2018-0831-0042")
    database.purge_journal().result()
    assert b"2018-0831-0042" not in on_disk(database)
    assert buried(database.reader(), ["2018-0831-0042"])


def stand(database: Database, verb: Any, at: int = AT + 10, record: str = "r-1") -> int:
    told = standing_event(record, "p-stale", verb, "CP-1", Instant(at))
    receipt = database.write(
        lambda connection: set_standing(connection, told, Instant(at), DICE)
    ).result()
    return receipt.index


def standing_of(database: Database) -> Standing:
    record = find_record(database.reader(), "r-1")
    assert record is not None
    assert record.person_id == "p-1"
    return record.standing


def test_sealing_hiding_and_restoring_each_leave_an_entry_and_a_generation(
    database: Database,
) -> None:
    take(database, report(1))
    for number, (verb, standing, kind) in enumerate(
        (
            ("sealed", Standing.SEALED, "sealing"),
            ("hidden", Standing.HIDDEN, "hiding"),
            ("restored", Standing.OPEN, "restoration"),
        )
    ):
        index = stand(database, verb, AT + 10 + number)
        assert standing_of(database) is standing
        (kept,) = entries_between(database.reader(), index, index + 1)
        assert kept.parts[2] is not None
        assert kept.parts[3] is not None
        assert msgspec.json.decode(kept.parts[3])["kind"] == kind
        assert b"CP-1" not in kept.parts[2] + kept.parts[3], "a docket points to a person"
        assert generation(database.reader()) == number + 1
    expunge(database, "r-1")
    database.purge_journal().result()
    assert b"CP-1" not in on_disk(database)


@pytest.mark.parametrize("ahead", [0, 10, 80_000_000])
def test_the_custodian_s_word_is_the_last_whatever_the_clocks_say(
    database: Database, ahead: int
) -> None:
    """A record system's clock runs ahead; a sealing after it must not be lost."""
    take(database, report(1), report(2, verb="restored", occurred_at=Instant(AT + 10 + ahead)))
    stand(database, "sealed")
    assert standing_of(database) is Standing.SEALED
    stand(database, "restored")
    assert standing_of(database) is Standing.OPEN


def test_standing_by_event_is_entered_as_well(database: Database) -> None:
    take(database, report(1), report(2, verb="sealed", authority="CP-7"))
    assert standing_of(database) is Standing.SEALED
    assert (size(database.reader()), generation(database.reader())) == (1, 1)
    take(database, report(2, verb="sealed", authority="CP-7"))
    assert size(database.reader()) == 1, "an event that came before is not entered again"


def test_no_record_no_standing(database: Database) -> None:
    before = state(database)
    with pytest.raises(NotFound, match="no such record"):
        stand(database, "sealed", record=RecordId("r-9"))
    assert state(database) == before
