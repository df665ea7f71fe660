"""`comity demo`: 31 August 2018 in Philadelphia, from signed text to cut feed.

Offline, in a folder of its own, over real HTTP with real signatures. Everybody in it
is invented and every key is public. Invariant: what it prints is what was answered.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from comity.city.cast import ATF_ORI
from comity.city.demonstration import HandClock, Told, playing
from comity.city.rehearsal import PLACES, SEED, rehearse_city, write_keys
from comity.city.scenes import EVENING, MIDNIGHT
from comity.city.staff import demo_accounts, enter_accounts
from comity.cli.demo_ledger import fetch_receipt, play_ledger
from comity.cli.demo_open import leave_open
from comity.cli.init import found_installation
from comity.cli.ledger_publish import publisher_of
from comity.cli.output import clock, emit, emit_json, rehearse, say, table
from comity.cli.serve import serve as serve_command
from comity.cli.settings import ENVIRONMENT, load_settings, shipped
from comity.instant import Instant, format_local, parse_instant
from comity.store.publishing import Publisher
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import opened, size
from comity.web.app import create_gateway
from comity.web.gateway import Gateway
from comity.web.limits import Limits
from comity.web.records_held import StoredRecords
from comity.web.service import Desk
from comity.web.view import Views

ZONE: Final = "America/New_York"
WIDTH: Final = 96
LAST_ENTRIES: Final = 12
AFTERWARDS: Final = Instant(MIDNIGHT + 5 * 60_000)
"""Where the clock stands when the pages open: five minutes after the agreement has ended."""


@click.command("demo")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to play; a temporary folder if not given. It must not hold an installation.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=SEED, show_default=True, help="Another city."
)
@click.option(
    "--events",
    "feed",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Take in this feed, too, before the evening.",
)
@click.option("--mapping", metavar="NAME", default="nyc-doc", show_default=True)
@click.option(
    "--serve", "leave_running", is_flag=True, help="Leave the gateway running afterwards."
)
@click.option(
    "--open",
    "left_open",
    is_flag=True,
    help="Leave the city going on by itself for an hour, with its pages, and say where.",
)
@click.option(
    "--act",
    type=click.Choice(["evening", "ledger", "custody", "replay"]),
    default="evening",
    show_default=True,
    help="The evening, what its ledger proves afterwards, the night at the jail's door, or what"
    " the city could have known.",
)
@click.option("--json", "as_json", is_flag=True, help="Write what happened as JSON.")
def demo(
    folder: Path | None,
    seed: int,
    feed: Path | None,
    mapping: str,
    leave_running: bool,
    left_open: bool,
    act: str,
    as_json: bool,
) -> None:
    """Play 31 August 2018 in Philadelphia, from signed text to cut feed."""
    if left_open:
        _demand_openable(act, seed)
    began = time.monotonic()
    place = folder or Path(tempfile.mkdtemp(prefix="comity-demo-")) / "city"
    shift = (EVENING - clock()) // 1000
    file = found_installation(
        place,
        {
            "custodian": "city",
            "time_zone": ZONE,
            "law": "law",
            "hold_birthplace": True,
            "rehearsal_seconds": shift,
        },
        places=PLACES,
    )
    os.environ[ENVIRONMENT] = str(file)
    talk: Callable[[str], None] = say
    talk("Everybody and everything below is invented, but the texts, the clock and the engine.")
    with Database.open(place / "comity.db") as database:
        rehearsal = rehearse_city(database, shipped("law"), seed, talk)
        write_keys(rehearsal.cast, place / "keys")
        of_feed = None if feed is None else _take_feed(database, feed, mapping)
        told = []
        if act in ("custody", "replay"):
            told = list(_by_itself(act, file, database, place, as_json=as_json))
            _finish(place, told, _entries(database), time.monotonic() - began, as_json=as_json)
            return
        publisher = publisher_of(load_settings(file), database, EVENING)
        ledger, receipt = act == "ledger", None
        with playing(rehearsal, gateway_for(database, publisher)) as evening:
            for one in evening.play(of_feed):
                told.append(one)
                if not (as_json or ledger):
                    _print(one)
            if ledger:
                receipt = fetch_receipt(evening, told, database, place)
        if receipt is not None and publisher is not None:
            publisher.publish(clock())
            database.purge_journal().result()
            for one in play_ledger(place, receipt, publisher.verifier_key):
                told.append(one)
                if not as_json:
                    _print(one)
        entries = _entries(database)
        took = time.monotonic() - began
        if left_open:
            enter_accounts(database, demo_accounts(SEED, EVENING), EVENING)
        _finish(place, told, entries, took, as_json=as_json)
    if left_open:
        leave_open(place, AFTERWARDS)
    elif leave_running:
        sys.stdout.flush()  # or whoever reads through a pipe waits until the gateway ends
        rehearse(shift)
        serve_command.main(args=[], standalone_mode=False)


def _demand_openable(act: str, seed: int) -> None:
    if act != "evening":
        raise click.UsageError("--open goes with the evening; the other acts end by themselves")
    if seed != SEED:
        raise click.UsageError(f"--open goes with seed {SEED}, by whose keys the city goes on")


def _by_itself(
    act: str, file: Path, database: Database, place: Path, *, as_json: bool
) -> Iterator[Told]:
    """An act that needs no gateway, each thing printed as it happens."""
    # Here, because letters, holidays and solvers are slow to import and only these acts need them.
    if act == "custody":
        from comity.cli.custody_case import AtDesk
        from comity.cli.demo_custody import OFFICER, play_custody

        played = play_custody(AtDesk(load_settings(file), database, EVENING, OFFICER), place)
    else:
        from comity.cli.demo_replay import play_replay

        played = play_replay(database, place)
    for one in played:
        if not as_json:
            _print(one)
        yield one


def _take_feed(database: Database, feed: Path, mapping: str) -> str | None:
    """Take a real feed in, by the machine's own clock; a record of it to ask for."""
    # Here, because reading tables is slow to import and only this option needs it.
    from comity.cli.ingest import mapping_named, take_file, tell_taken
    from comity.store.sqlite.records import SqliteRecords

    settings = load_settings()
    rehearse(0)
    try:
        store = SqliteRecords(database, os.urandom)
        taken = take_file(feed, mapping_named(mapping), "file", store, settings)
    finally:
        rehearse(settings.rehearsal_seconds)
    tell_taken(taken, False)
    if not taken.applied:
        return None
    last: str = (
        database.reader().execute("SELECT record_id FROM record ORDER BY number DESC LIMIT 1").get
    )
    return last


def gateway_for(
    database: Database, publisher: Publisher | None = None
) -> Callable[[HandClock], Gateway]:
    """What makes the demo's gateway over a database, by a hand's clock."""

    def make(hand: HandClock) -> Gateway:
        desk = Desk(
            database,
            Views(database),
            StoredRecords(database, os.urandom, time_zone=ZONE, hold_birthplace=True),
            clock=hand,
            randomness=os.urandom,
            limits=Limits(),
            time_zone=ZONE,
        )
        return create_gateway(desk, heartbeat_seconds=0.2, poll_seconds=0.2, publisher=publisher)

    return make


def _print(one: Told) -> None:
    emit()
    emit(f"{format_local(_instant(one.at), ZONE)[11:19]}  {one.title}")
    for label, text in (("asked", one.asked), (one.outcome, one.words)):
        lines = textwrap.wrap(text, WIDTH - 20)
        for number, line in enumerate(lines):
            emit(f"{'' if number else label:>18}  {line}")
    for data in one.data[:1] if one.title.startswith("Answered, with") else ():
        for name, fields in data.items():
            emit(f"{'shown':>18}  {textwrap.shorten(f'{name}: {_plain(fields)}', WIDTH - 20)}")
    if one.entries:
        emit(f"{'entry':>18}  {', '.join(str(index) for index in one.entries)}")


def _plain(value: Any) -> str:
    """A disclosed value as a person reads it."""
    if isinstance(value, dict):
        return ", ".join(_plain(inner) for inner in value.values())
    if isinstance(value, list):
        return "; ".join(_plain(inner) for inner in value)
    return str(value)


def _instant(text: str) -> Instant:
    return parse_instant(text)


def _entries(database: Database) -> list[dict[str, Any]]:
    """Every entry of an inquiry that the evening left, without a person in it."""
    reader = database.reader()
    left = []
    for index in range(size(reader)):
        entry = opened(reader, index)
        if "outcome" in entry.decision:
            left.append(
                {
                    "entry": index,
                    "kind": entry.decision["kind"],
                    "at": entry.decision["at"],
                    "agency": entry.request["ori"],
                    "purpose": entry.request["purpose"],
                    "outcome": entry.decision["outcome"],
                    "clauses": [
                        f"{one['instrument']} {one['clause']}" for one in entry.decision["clauses"]
                    ],
                }
            )
    return left


def _finish(
    place: Path, told: list[Told], entries: list[dict[str, Any]], took: float, *, as_json: bool
) -> None:
    if as_json:
        emit_json({"told": msgspec.to_builtins(told), "entries": entries, "folder": str(place)})
        return
    emit()
    if entries:
        _table_of(entries)
    emit(f"All in {took:.1f} s. To do it yourself:")
    emit()
    for line in _commands(place):
        emit(f"  {line}")


def _table_of(entries: list[dict[str, Any]]) -> None:
    emit(
        f"The entries it left (the last {LAST_ENTRIES} of {len(entries)}); nothing in them names a person:"
    )
    emit()
    rows = [
        (
            one["entry"],
            format_local(_instant(one["at"]), ZONE)[11:19],
            one["agency"],
            one["outcome"],
            "; ".join(one["clauses"]) or "no clause",
        )
        for one in entries[-LAST_ENTRIES:]
    ]
    emit(table(rows, ("entry", "at", "agency", "outcome", "clauses")))
    emit()


def _commands(place: Path) -> list[str]:
    activate = Path(sys.prefix) / "bin" / "activate"
    ready = shutil.which("comity") is not None or not activate.exists()
    return [
        f"cd {place}" if ready else f". {activate} && cd {place}",
        "comity law in-force --at 2018-09-01",
        "comity law diff philadelphia-pars-ice@1 philadelphia-pars-ice@2",
        "comity serve &",
        (
            f"comity ask --as keys/{ATF_ORI}.pem --officer atf-0417 --case 18-1 --see charges"
            " --purpose 'criminal investigation' --record 2018-0831-9009"
        ),
        "comity custody board",
        "comity doctor",
    ]
