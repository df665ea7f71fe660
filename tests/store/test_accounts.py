"""Accounts, sessions, passkeys and what takes two people, in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest

from comity.access.account import Account, AccountInvalid, Role
from comity.access.act import Act
from comity.access.entry import SignIn
from comity.access.lockout import FAILURES_MAX
from comity.access.session import IDLE_MS, Method, State
from comity.disclosure.inquiry import Ori
from comity.disclosure.registry import Agency, Officer
from comity.errors import NotFound, NotPermitted
from comity.instant import Instant
from comity.records.ingest import Batch
from comity.store.sqlite import sessions, two_people
from comity.store.sqlite.accounts import (
    account_of,
    add_account,
    change_password,
    disable_account,
    reset_account,
    secrets_of,
    set_roles,
)
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import opened, size
from comity.store.sqlite.migration_accounts import TABLES, add_accounts
from comity.store.sqlite.passkeys import (
    Passkey,
    add_passkey,
    note_use,
    passkey_of,
    passkeys_of,
    remove_passkey,
)
from comity.store.sqlite.records import take_in_batch
from comity.store.sqlite.registry import Made, add_agency, add_officer
from comity.store.sqlite.standing import Expunction, expunge_records
from comity.store.sqlite.two_people import PROPOSAL_MS, ProposalOver
from tests.ledger.samples import seeded
from tests.records.events import AT
from tests.store.planted import DICE, WHO, identity_event

BUREAU = Ori("XXBUR0100")
Write = Callable[[Callable[[apsw.Connection], Any]], Any]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "a.db", create=True) as database:
        yield database


@pytest.fixture
def write(database: Database) -> Write:
    return lambda job: database.write(job).result(10)


def made(by: str = "root", at: int = AT) -> Made:
    return Made(by, Instant(at), seeded(at % 1000 + len(by)))


def entered(write: Write, handle: str, *roles: Role, **parts: Any) -> None:
    one = Account(handle, frozenset(roles), AT, **parts)
    write(lambda c: add_account(c, one, f"hash of {handle}", made()))


def last(database: Database) -> dict[str, Any]:
    reader = database.reader()
    one = opened(reader, size(reader) - 1)
    assert one.subject == {}
    assert one.content == {}
    return one.decision | one.request


def test_an_account_is_entered_with_its_entry(database: Database, write: Write) -> None:
    entered(write, "root", Role.ADMINISTRATOR, Role.AUDITOR)
    found = account_of(database.reader(), "root")
    assert found == Account("root", frozenset({Role.ADMINISTRATOR, Role.AUDITOR}), AT)
    told = last(database)
    assert told["kind"] == "account change"
    assert told["roles"] == ["administrator", "auditor"]
    assert told["by"] == "root"
    with pytest.raises(AccountInvalid, match="there is an account"):
        entered(write, "root", Role.LAW)


def test_an_analyst_is_on_the_roster_of_an_agency(write: Write) -> None:
    analyst = partial(entered, write, "bo", Role.ANALYST, ori=BUREAU, officer="a-1")
    with pytest.raises(NotFound, match="not on the agency's roster"):
        analyst()
    write(lambda c: add_agency(c, Agency(BUREAU, "The Bureau", ("bureau",), True), made()))
    write(lambda c: add_officer(c, Officer(BUREAU, "a-1", AT), made()))
    analyst()


def test_no_administrator_is_the_last_to_go(database: Database, write: Write) -> None:
    entered(write, "root", Role.ADMINISTRATOR)
    before = size(database.reader())
    for job in (
        lambda c: set_roles(c, "root", {Role.LAW}, made()),
        lambda c: disable_account(c, "root", made()),
    ):
        with pytest.raises(AccountInvalid, match="no administrator"):
            write(job)
    assert account_of(database.reader(), "root") == Account(
        "root", frozenset({Role.ADMINISTRATOR}), AT
    )
    assert size(database.reader()) == before
    entered(write, "two", Role.ADMINISTRATOR)
    write(lambda c: disable_account(c, "root", made()))


def begin(
    write: Write, handle: str, digest: bytes, at: int = AT, checked: str | None = None
) -> sessions.Outcome:
    entering = sessions.Entering(digest)
    given = f"hash of {handle}" if checked is None else checked
    outcome: sessions.Outcome = write(
        lambda c: sessions.sign_in_by_password(c, handle, given, "", entering, made("-", at))
    )
    return outcome


def test_whatever_changes_how_somebody_signs_in_ends_their_sessions_and_nobody_elses(
    database: Database, write: Write
) -> None:
    entered(write, "root", Role.ADMINISTRATOR)
    entered(write, "ann", Role.LAW)
    begin(write, "root", b"r" * 32)
    key = Passkey(b"cred", "ann", b"pub", 0, "phone", AT)
    for job in (
        lambda c: set_roles(c, "ann", {Role.RECORDS}, made()),
        lambda c: change_password(c, "ann", "hash of ann", "hash of ann", made()),
        lambda c: add_passkey(c, key, made()),
        lambda c: remove_passkey(c, "ann", b"cred", made()),
        lambda c: reset_account(c, "ann", "hash of ann", made()),
        lambda c: disable_account(c, "ann", made()),
    ):
        begin(write, "ann", b"a" * 32)
        assert sessions.session_of(database.reader(), b"a" * 32, AT) is not None
        write(job)
        assert sessions.session_of(database.reader(), b"a" * 32, AT) is None
    assert sessions.session_of(database.reader(), b"r" * 32, AT) is not None


def test_a_password_that_was_changed_meanwhile_does_not_sign_in(write: Write) -> None:
    entered(write, "ann", Role.LAW)
    write(lambda c: change_password(c, "ann", "hash of ann", "another", made()))
    assert begin(write, "ann", b"a" * 32).what is SignIn.FAILED
    with pytest.raises(AccountInvalid, match="meanwhile"):
        write(lambda c: change_password(c, "ann", "hash of ann", "a third", made()))


def test_many_tries_at_once_are_not_more_tries(database: Database, write: Write) -> None:
    entered(write, "ann", Role.LAW)
    waiting = [
        database.write(
            lambda c, n=number: sessions.sign_in_by_password(  # type: ignore[misc]
                c,
                "ann",
                "hash of ann" if n == 30 else None,
                "",
                sessions.Entering(b"%032d" % n),
                made("-", AT + n),
            )
        )
        for number in range(31)
    ]
    became = [one.result(10).what for one in waiting]
    assert became[:FAILURES_MAX] == [SignIn.FAILED] * FAILURES_MAX
    assert set(became[FAILURES_MAX:]) == {SignIn.LOCKED}


def test_with_a_password_of_somebody_elses_making_one_only_changes_it(write: Write) -> None:
    entered(write, "ann", Role.LAW)
    outcome = begin(write, "ann", b"a" * 32)
    assert outcome.must_change
    assert outcome.session is not None
    assert not outcome.session.method.strong


def test_the_database_makes_nobodys_cookie(database: Database, write: Write) -> None:
    entered(write, "ann", Role.LAW)
    begin(write, "ann", b"a" * 32)
    shown = repr(secrets_of(database.reader(), "ann"))
    assert "hash" not in shown
    rows = database.reader().execute("SELECT digest FROM account_session").fetchall()
    assert rows == [(b"a" * 32,)]


def test_a_session_that_became_idle_is_not_brought_back_by_a_late_note(
    database: Database, write: Write
) -> None:
    entered(write, "ann", Role.LAW)
    begin(write, "ann", b"a" * 32)
    late = Instant(AT + IDLE_MS)
    write(lambda c: sessions.touch(c, b"a" * 32, late))
    found = sessions.session_of(database.reader(), b"a" * 32, late)
    assert found is not None
    assert found[2] is State.LOCKED


def test_a_challenge_is_answered_once_in_time_and_by_whom_it_was_put_to(write: Write) -> None:
    for at, digest, kind, answer in [
        (AT + 1, b"b" * 32, "use", None),
        (AT + 1, b"a" * 32, "add", None),
        (AT + 1, b"a" * 32, "use", b"c"),
        (AT + 2, b"a" * 32, "use", None),
    ]:
        if at == AT + 1 and answer is None and digest == b"b" * 32:
            write(lambda c: sessions.ask(c, b"a" * 32, "use", b"c", AT))
        got = write(partial(sessions.asked, digest=digest, kind=kind, at=Instant(at)))
        assert got == answer
    write(lambda c: sessions.ask(c, b"a" * 32, "use", b"c", AT))
    late = Instant(AT + sessions.CHALLENGE_MS)
    assert write(lambda c: sessions.asked(c, b"a" * 32, "use", late)) is None


def test_a_passkey_is_one_persons_and_its_counter_moves_forward_only(
    database: Database, write: Write
) -> None:
    entered(write, "ann", Role.LAW)
    entered(write, "bea", Role.LAW)
    write(lambda c: add_passkey(c, Passkey(b"cred", "ann", b"pub", 3, "phone", AT), made()))
    with pytest.raises(AccountInvalid, match="kept already"):
        write(lambda c: add_passkey(c, Passkey(b"cred", "bea", b"p", 0, "mine", AT), made()))
    with pytest.raises(NotFound):
        write(lambda c: remove_passkey(c, "bea", b"cred", made()))
    assert write(lambda c: note_use(c, b"cred", 3, 4, AT))
    assert not write(lambda c: note_use(c, b"cred", 3, 5, AT))
    assert not write(lambda c: note_use(c, b"cred", 4, 4, AT))
    found = passkey_of(database.reader(), b"cred")
    assert found is not None
    assert (found.sign_count, found.used_at) == (4, AT)
    assert passkeys_of(database.reader(), "bea") == ()


def test_a_provider_signs_in_whom_it_names_and_nobody_else(
    database: Database, write: Write
) -> None:
    entered(write, "ann", Role.LAW, subject="s-1")
    with pytest.raises(AccountInvalid, match="has this subject"):
        entered(write, "bea", Role.LAW, subject="s-1")
    for account, what in (
        (account_of(database.reader(), "ann"), SignIn.DONE),
        (None, SignIn.FAILED),
    ):
        outcome = write(
            partial(
                sessions.sign_in_otherwise,
                account=account,
                method=Method.PROVIDER,
                entering=sessions.Entering(b"a" * 32),
                made=made("-"),
            )
        )
        assert outcome.what is what
    assert last(database)["result"] == "failed"
    assert last(database)["by"] is None


@pytest.fixture
def pair(write: Write) -> None:
    entered(write, "ann", Role.RECORDS)
    entered(write, "bea", Role.RECORDS)


def proposed(write: Write, record_id: str | None = None) -> two_people.Proposal:
    proposal: two_people.Proposal
    proposal, _ = write(
        lambda c: two_people.propose(c, Act.EXPUNGE, b'{"x":1}', made("ann"), record_id)
    )
    return proposal


@pytest.mark.usefixtures("pair")
def test_one_proposes_and_another_confirms_once(database: Database, write: Write) -> None:
    proposal = proposed(write)
    assert two_people.waiting(database.reader(), AT) == (proposal,)
    with pytest.raises(NotPermitted, match="cannot confirm"):
        write(lambda c: two_people.confirm(c, proposal.proposal_id, Act.EXPUNGE, made("ann")))
    with pytest.raises(NotFound):
        write(lambda c: two_people.confirm(c, proposal.proposal_id, Act.END_LAW, made("bea")))
    done = write(lambda c: two_people.confirm(c, proposal.proposal_id, Act.EXPUNGE, made("bea")))
    assert (done.body, done.ended_by, done.ended) == (b'{"x":1}', "bea", "confirmed")
    with pytest.raises(ProposalOver, match="was confirmed"):
        write(lambda c: two_people.confirm(c, proposal.proposal_id, Act.EXPUNGE, made("bea")))
    told = last(database)
    assert (told["by"], told["step"], told["act"]) == ("bea", "confirmed", "expunge")
    assert two_people.waiting(database.reader(), AT) == ()


@pytest.mark.usefixtures("pair")
def test_the_table_itself_takes_no_confirmation_of_ones_own(write: Write) -> None:
    proposal = proposed(write)
    with pytest.raises(apsw.ConstraintError):
        write(
            lambda c: c.execute(
                "UPDATE two_people SET ended = 'confirmed', ended_by = 'ann', ended_at = 1"
                " WHERE proposal_id = ?",
                (proposal.proposal_id,),
            )
        )


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize(("by", "how"), [("ann", "withdrawn"), ("bea", "declined")])
def test_a_proposal_ends_undone(write: Write, by: str, how: str) -> None:
    proposal = proposed(write)
    ended = write(lambda c: two_people.decline(c, proposal.proposal_id, Act.EXPUNGE, made(by)))
    assert ended.ended == how


@pytest.mark.usefixtures("pair")
def test_a_proposal_runs_out(database: Database, write: Write) -> None:
    proposal = proposed(write)
    late = AT + PROPOSAL_MS
    assert two_people.waiting(database.reader(), Instant(late)) == ()
    with pytest.raises(ProposalOver, match="run out"):
        write(lambda c: two_people.confirm(c, proposal.proposal_id, Act.EXPUNGE, made("bea", late)))


@pytest.mark.usefixtures("pair")
def test_what_is_not_done_is_not_confirmed(database: Database, write: Write) -> None:
    proposal = proposed(write)
    before = size(database.reader())

    def job(connection: apsw.Connection) -> None:
        two_people.confirm(connection, proposal.proposal_id, Act.EXPUNGE, made("bea"))
        raise NotFound("the record is gone")

    with pytest.raises(NotFound):
        write(job)
    assert size(database.reader()) == before
    assert two_people.waiting(database.reader(), AT) == (proposal,)


@pytest.mark.usefixtures("pair")
def test_a_proposal_about_a_record_goes_with_it(database: Database, write: Write) -> None:
    event = identity_event(1, WHO)
    write(lambda c: take_in_batch(c, Batch((event,), ("1",), (), {}), AT, DICE))
    proposal = proposed(write, event.record_id)
    write(
        lambda c: expunge_records(
            c, Expunction((event.record_id,), authority="docket 1", by="bea", at=AT), DICE
        )
    )
    assert two_people.proposal_of(database.reader(), proposal.proposal_id) is None


def test_the_step_to_this_schema_makes_what_a_new_file_has(
    database: Database, write: Write
) -> None:
    kept = "SELECT type, name, sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY name"
    fresh = database.reader().execute(kept).fetchall()

    def strip(connection: apsw.Connection) -> None:
        for table in ("account_role", "account_session", "account_passkey", "two_people"):
            connection.execute(f"DROP TABLE {table}")
        for table in TABLES - {"account_role", "account_session", "account_passkey", "two_people"}:
            connection.execute(f"DROP TABLE {table}")

    write(strip)
    write(add_accounts)
    write(add_accounts)
    assert database.reader().execute(kept).fetchall() == fresh
    assert len(sessions.face_key(database.reader())) == 32
