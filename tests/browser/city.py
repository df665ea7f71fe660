"""The demo's city after its evening, with its pages on a real socket, and who may sign in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import msgspec

from comity.access.account import Account, Role
from comity.city.cast import ATF_ORI
from comity.city.demonstration import Evening, HandClock, serving
from comity.city.rehearsal import PLACES, SEED, rehearse_city
from comity.city.scenes import EVENING
from comity.city.staff import demo_accounts, enter_accounts
from comity.city.trail import ICE_ORI
from comity.cli.demo import ZONE
from comity.cli.init import found_installation
from comity.cli.ledger_publish import publisher_of
from comity.cli.settings import load_settings, shipped
from comity.custody.desk import presence_of
from comity.custody.gate import Presence
from comity.custody.paper import Paper
from comity.custody.sealed_paper import PaperFile, look_at
from comity.disclosure.inquiry import Ori
from comity.instant import Instant
from comity.law.paper import Office
from comity.records.fold import decode_record
from comity.store.sqlite.custody_arrival import Handed, arrive
from comity.store.sqlite.custody_decide import basis_now
from comity.store.sqlite.database import Database
from comity.store.sqlite.registry import Made
from comity.web.app import create_gateway
from comity.web.limits import Limits
from comity.web.pages.app import create_faces, stand_behind
from comity.web.pages.console_rules import shipped_console
from comity.web.pages.every import every_face
from comity.web.pages.headers import cookie_name
from comity.web.pages.session import Found, cookie_digest, new_cookie
from comity.web.pages.stored_sessions import StoredSessions
from comity.web.pages.visit import House
from comity.web.records_held import StoredRecords
from comity.web.service import Desk
from comity.web.view import Views
from tests.web.pages.house import Kept

PDF = b"%PDF-1.7\nnothing\n%%EOF\n"
ROLES = {
    "visitor": None,
    "records": Role.RECORDS,
    "custody": Role.CUSTODY,
    "law": Role.LAW,
    "auditor": Role.AUDITOR,
    "administrator": Role.ADMINISTRATOR,
    "analyst": Role.ANALYST,
}


class City(msgspec.Struct, frozen=True):
    """A running city. `cookies` sign the roles in."""

    url: str
    house: House
    clock: HandClock
    cookies: dict[str, dict[str, str]]


@contextmanager
def running(folder: Path, *, signing: bool = False) -> Iterator[City]:
    """Found the city, play the evening, and serve its pages.

    With `signing` the demo's accounts stand in the store and sign in by the page, and there are no
    cookies beforehand.
    """
    file = found_installation(
        folder / "city",
        {
            "custodian": "city",
            "time_zone": ZONE,
            "law": "law",
            "hold_birthplace": True,
            "rehearsal_seconds": 0,
        },
        places=PLACES,
    )
    settings = load_settings(file)
    clock = HandClock(EVENING)
    with Database.open(folder / "city" / "comity.db") as database:
        rehearsal = rehearse_city(database, shipped("law"), SEED, lambda _: None)
        publisher = publisher_of(settings, database, EVENING)
        desk = Desk(
            database,
            Views(database),
            StoredRecords(database, os.urandom, time_zone=ZONE, hold_birthplace=True),
            clock=clock,
            randomness=os.urandom,
            limits=Limits(),
            time_zone=ZONE,
        )
        gateway = create_gateway(desk, heartbeat_seconds=0.2, poll_seconds=0.2, publisher=publisher)
        house = House(desk, "City of Philadelphia (demo)", shipped_console(), publisher, "")
        kept = Kept()
        if signing:
            enter_accounts(database, demo_accounts(SEED, EVENING), EVENING)
        sessions = StoredSessions(database) if signing else kept
        stand_behind(gateway, create_faces(house, every_face(), sessions))
        cookies: dict[str, dict[str, str]] = {"visitor": {}}
        for name, role in ROLES.items():
            if role is not None and not signing:
                of_city = role is not Role.ANALYST
                who = Account(
                    name,
                    frozenset({role}),
                    EVENING,
                    None if of_city else Ori(ATF_ORI),
                    None if of_city else "atf-0417",
                )
                cookie = new_cookie(os.urandom)
                digest = cookie_digest(cookie)
                kept.sessions[digest] = Found(who, digest, EVENING, strong=True)
                cookies[name] = {cookie_name(house, "session"): cookie}
        with serving(gateway) as url:
            evening = Evening(rehearsal, clock, url)
            try:
                for _ in evening.play():
                    pass
                _paper_comes(desk, clock())
                if publisher is not None:
                    publisher.publish(clock())
                yield City(url, house, clock, cookies)
            finally:
                evening.close()


def _paper_comes(desk: Desk, at: Instant) -> None:
    """A detainer comes for somebody in custody, so that the jail's pages have somebody."""
    reader = desk.database.reader()
    held = (
        record.record_id
        for (doc,) in reader.execute("SELECT doc FROM record ORDER BY record_id").fetchall()
        if presence_of(record := decode_record(cast("bytes", doc))) is Presence.IN_CUSTODY
    )
    paper = Paper(
        form="DHS Form I-247A (2/17)",
        signed_by=Office.DEPORTATION_OFFICER,
        names_subject=True,
        issued_on="2018-08-30",
        served=True,
        box_1=True,
        box_1_grounded=True,
        box_2=False,
        attached=("I-200",),
    )
    file = look_at(PDF, "application/pdf")
    assert isinstance(file, PaperFile)
    arrive(
        desk.database,
        Handed(next(held), ICE_ORI, paper, (file, PDF), paper_id="paper-1"),
        lambda: basis_now(desk.database.reader(), desk.views.stack, at),
        ZONE,
        Made("desk", at, os.urandom),
    )
