"""`comity init`: a folder in which everything else runs: settings, database, the texts, a key.

Invariants: nothing that is there is overwritten; a failed start leaves no half-made
installation behind (the database is made last, in one transaction).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from comity.cli.ledger_publish import make_ledger_key
from comity.cli.output import say
from comity.cli.settings import FILE_NAME, parse_settings, shipped
from comity.cli.settings_text import settings_file
from comity.errors import ComityError
from comity.store.sqlite.database import Database


class AlreadyThere(ComityError):
    """An installation is here already."""


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option(
    "--custodian",
    metavar="HANDLE",
    default="city",
    show_default=True,
    help="The city or county that holds the records, as its texts name it.",
)
@click.option("--time-zone", metavar="ZONE", default="America/New_York", show_default=True)
@click.option(
    "--hold-birthplace", is_flag=True, help="Keep place of birth; else it is dropped at the door."
)
@click.option("--no-law", is_flag=True, help="Do not copy the texts that came with Comity.")
def init(folder: Path, custodian: str, time_zone: str, hold_birthplace: bool, no_law: bool) -> None:
    """Write comity.toml, an empty database and a copy of the shipped texts into FOLDER."""
    found_installation(
        folder,
        {
            "custodian": custodian,
            "time_zone": time_zone,
            "law": "law",
            "hold_birthplace": hold_birthplace,
        },
        copy_law=not no_law,
    )
    say(f"made {folder / FILE_NAME}, {folder / 'comity.db'} and {folder / 'law'}")
    say(
        f"made {folder / 'ledger-key.pem'}, which signs the public log: keep it, and keep it secret"
    )
    say("Next: `comity law check`, `comity law keygen`, `comity law adopt` (docs/lifecycle.md)")


def found_installation(folder: Path, given: dict[str, object], *, copy_law: bool = True) -> Path:
    """Make an installation and return its settings file. Raises AlreadyThere, SettingsInvalid."""
    file, law = folder / FILE_NAME, folder / "law"
    text = settings_file(given)
    settings = parse_settings(text, file)
    for path in (file, folder / "comity.db", law, settings.ledger_key):
        if path.exists():
            raise AlreadyThere(
                "is here already",
                where=str(path),
                remedy="choose another folder, or move it away",
            )
    folder.mkdir(parents=True, exist_ok=True)
    if copy_law:
        shutil.copytree(shipped("law"), law)
    else:
        law.mkdir()
    make_ledger_key(settings)
    Database.open(folder / "comity.db", create=True).close()
    file.write_text(text, "utf-8")
    return file
