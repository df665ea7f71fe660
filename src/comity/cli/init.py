"""`comity init`: a folder in which everything else runs: settings, database, the texts, a key.

Invariants: nothing that is there is overwritten; a failed start leaves no half-made
installation behind (what it made is taken away again; the settings file, by which
every other command finds an installation, is written last).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
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


class FolderUnwritable(ComityError):
    """The folder cannot be made or written."""


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
    if folder != Path():
        say(f"Next: `cd {folder}`, where every other command finds its settings")
    say("Then: `comity law check`, `comity law keygen`, `comity law adopt` (docs/lifecycle.md)")


def found_installation(
    folder: Path,
    given: dict[str, object],
    *,
    copy_law: bool = True,
    places: Iterable[str] | None = None,
) -> Path:
    """Make an installation and return its settings file.

    Raises AlreadyThere, SettingsInvalid, FolderUnwritable, StoreUnwritable.
    """
    file, law = folder / FILE_NAME, folder / "law"
    text = settings_file(given)
    settings = parse_settings(text, file)
    for path in (file, folder / "comity.db", law, settings.ledger_key):
        if path.exists():
            raise AlreadyThere(
                "an installation is here already, or a part of one",
                where=str(path),
                remedy="choose another folder, or move it away",
            )
    made: list[Path] = []
    try:
        for above in reversed((folder, *folder.parents)):
            if not above.exists():
                above.mkdir()
                made.append(above)
        made.append(law)
        if copy_law:
            _copy_law(shipped("law"), law, places)
        else:
            law.mkdir()
        made.append(settings.ledger_key)
        make_ledger_key(settings)
        made.append(folder / "comity.db")
        Database.open(folder / "comity.db", create=True).close()
        made.append(file)
        file.write_text(text, "utf-8")
    except (OSError, ComityError) as fault:
        _unmake(made)
        if isinstance(fault, ComityError):
            raise
        raise FolderUnwritable(
            f"cannot be written: {fault.strerror or fault}",
            where=str(fault.filename or folder),
            remedy="choose a folder of yours on a disk with space; nothing was left here",
        ) from fault
    return file


def _unmake(made: list[Path]) -> None:
    """Take away what this start made, the last first; what cannot be taken away stays."""
    for path in reversed(made):
        if path.is_dir() and path.name == "law":
            shutil.rmtree(path, ignore_errors=True)
        elif path.is_dir():
            with suppress(OSError):  # somebody has put something into it
                path.rmdir()
        else:
            for part in ("", "-wal", "-shm", "-journal"):
                path.with_name(path.name + part).unlink(missing_ok=True)


def _copy_law(source: Path, target: Path, places: Iterable[str] | None) -> None:
    if places is None:
        shutil.copytree(source, target)
        return
    for place in places:
        shutil.copytree(source / place, target / place)
