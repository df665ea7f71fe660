"""`comity opening code|revoke|range|get`: open entries to the person, or to an auditor.

Source: docs/openings.md; `verify` is in `comity.cli.opening_verify`. Invariants: a code is shown
once, on stdout, and read from a file or a prompt, never from the command line, which others on the
machine can see; a range is entered before its file is written, and a file that could not be written
says so and names the entry that stands.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from comity.cli.ledger_publish import publisher_of
from comity.cli.opening_verify import read_code_file, tell_entries, verify
from comity.cli.output import Progress, clock, emit, emit_json, say
from comity.cli.settings import load_settings
from comity.errors import NotFound
from comity.store.durable_stream import replace_file_by
from comity.store.opening import log_of, open_range
from comity.store.sqlite.database import Database
from comity.store.sqlite.openings import make_code, revoke_code
from comity.store.sqlite.registry import Made

_PATH = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Data as JSON.")


def _some(_: click.Context, __: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("say it in words")
    return value.strip()


_BY = click.option(
    "--by", metavar="WHO", required=True, callback=_some, help="Who does this; it is entered."
)


@click.group("opening")
def opening() -> None:
    """Open entries: to the person they are about, or to an auditor. Check what was opened."""


opening.add_command(verify)


@opening.command("code")
@click.argument("record_id")
@_BY
@click.option("--renew", is_flag=True, help="Put a new code in the place of the one before.")
@_JSON
def code(record_id: str, by: str, renew: bool, as_json: bool) -> None:
    """Make the code that goes on the notice of a record's person. It is shown this once."""
    made = Made(by, clock(), os.urandom)
    with Database.open(load_settings().database) as database:
        fresh, receipt = database.write(
            lambda connection: make_code(connection, record_id, made, renew=renew)
        ).result()
    say(f"entry {receipt.index}; print it on the notice now: it is kept nowhere")
    if as_json:
        emit_json({"record": record_id, "code": fresh.text, "entry": receipt.index})
    else:
        emit(fresh.text)


@opening.command("revoke")
@click.argument("record_id")
@_BY
def revoke(record_id: str, by: str) -> None:
    """Let the code of a record open nothing from now on."""
    made = Made(by, clock(), os.urandom)
    with Database.open(load_settings().database) as database:
        receipt = database.write(
            lambda connection: revoke_code(connection, record_id, made)
        ).result()
    say(f"the code of {record_id} opens nothing any more; entry {receipt.index}")


@opening.command("range")
@click.argument("start", type=click.IntRange(min=0))
@click.argument("stop", type=click.IntRange(min=1))
@_BY
@click.option(
    "--authority", metavar="TEXT", required=True, callback=_some, help="By what right; entered."
)
@click.option("-o", "--out", type=_PATH, required=True, help="Where to write the file.")
@click.option("--log", "origin", metavar="ORIGIN", help="Another year's log, by its name.")
@_JSON
def range_(
    start: int, stop: int, by: str, authority: str, out: Path, origin: str | None, as_json: bool
) -> None:
    """Open request and decision of every entry from START up to STOP, without STOP itself.

    Whom an entry is about and what was disclosed stay closed. None can be left out of the file
    unseen: `comity opening verify` proves it against the signed checkpoint. Places are those in the log; `--log` names another year's.
    """
    if not out.parent.is_dir():
        raise NotFound("no such folder", where=str(out.parent), remedy="create it first")
    settings = load_settings()
    at = clock()
    with (
        Database.open(settings.database) as database,
        Progress("entries", total=max(0, stop - start)) as line,
    ):
        publisher = publisher_of(settings, database, at)
        if publisher is None:
            raise NotFound(
                "this log has no key yet, so nothing is published to prove entries by",
                where=str(settings.ledger_key),
                remedy="`comity ledger keygen`, then `comity ledger checkpoint`",
            )
        receipt = open_range(
            database,
            log_of(publisher, origin),
            (start, stop),
            authority,
            out,
            Made(by, at, os.urandom),
            progress=line.step,
        )
    say(f"opened {stop - start:,} entries; entry {receipt.index} says so")
    if as_json:
        emit_json({"file": str(out), "start": start, "stop": stop, "entry": receipt.index})
    else:
        emit(str(out))


@opening.command("get")
@click.option("--to", "url", metavar="URL", help="The gateway; else this installation's.")
@click.option(
    "--code-file", type=_PATH, help="A file with the code; `-` is stdin. Else it is asked for."
)
@click.option("-o", "--out", type=_PATH, required=True, help="Where to write the file.")
@_JSON
def get(url: str | None, code_file: Path | None, out: Path, as_json: bool) -> None:
    """Fetch every entry about oneself with the code on the notice. Written, not yet believed."""
    # Here, because only this command needs a client, which is slow to import.
    from comity.web.openings_client import fetch_opening

    given = read_code_file(code_file)
    if url is None:
        url = os.environ.get("COMITY_GATEWAY") or f"http://{load_settings().bind}"
    found = fetch_opening(url, given)
    replace_file_by(out, (found.file.encode("utf-8"),))
    say(f"wrote {out}; keep it to yourself: it says everything that the entries say")
    if found.later:
        say(f"{found.later:,} more are not under a checkpoint yet, this opening's own among them")
    if as_json:
        emit_json({"file": str(out), "later": found.later, "entries": found.entries})
    else:
        tell_entries(found.entries, found.agencies)
