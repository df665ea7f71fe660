"""`/console/agencies`: who may ask, with which keys and officers; to enter, suspend, revoke.

Invariants: every change is one write job with its entry (`comity.store.sqlite.registry`), counts from
then on, and is the same that `comity agency` makes; a key is taken as its public half alone. Does not:
say what an agency may see (the texts do), or keep accounts of pages.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import apsw
import msgspec

from comity.access.act import Act
from comity.disclosure.registry import (
    Agency,
    Key,
    Officer,
    RegistryInvalid,
    Suspension,
    check_ori,
)
from comity.errors import ComityError, NotFound
from comity.instant import Instant
from comity.law.signing import KeyInvalid, key_id_of, read_public_pem
from comity.store.sqlite.registry import (
    add_agency,
    add_key,
    add_officer,
    remove_officer,
    resume_agency,
    revoke_key,
    suspend_agency,
)
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Cell, Column, Link, Page, Redirect, Shown, Table
from comity.web.pages.visit import Visit

LIST: Final = "/console/agencies"
ADD_FIELDS: Final = (
    Field("ori", required=True, most=9),
    Field("name", required=True),
    Field("parties"),
    Field("parent", most=9),
    Field("criminal_justice", choices=("yes",)),
)
CHANGE_FIELDS: Final = (
    Field(
        "change",
        required=True,
        choices=("suspend", "resume", "add officer", "remove officer", "add key", "revoke key"),
    ),
    Field("reason", most=500),
    Field("officer", most=64),
    Field("key_id", most=128),
    Field("public_key", most=2_000, lines=True),
    Field("source", most=64),
)
_FILL: Final = "Fill this in"


class AgenciesPage(msgspec.Struct, frozen=True):
    """What was filled in, and whether this visitor may change anything."""

    may_change: bool
    filled: dict[str, str] = {}


class KeyHeld(msgspec.Struct, frozen=True):
    """One key, and why it does not count."""

    key_id: str
    source: str | None
    since: Instant
    until: Instant | None
    fault: str | None


class OfficerHeld(msgspec.Struct, frozen=True):
    """One period of one officer on the roster."""

    officer: str
    since: Instant
    until: Instant | None
    now: bool


class AgencyPage(msgspec.Struct, frozen=True):
    """One agency with its keys, roster and suspensions."""

    agency: Agency
    fault: str | None
    suspended: bool
    keys: tuple[KeyHeld, ...]
    officers: tuple[OfficerHeld, ...]
    suspensions: tuple[Suspension, ...]
    may_change: bool
    change: str = ""
    filled: dict[str, str] = {}


def agencies_page(visit: Visit) -> Page:
    """Every agency, and whether it may ask now."""
    registry = visit.view.registry
    rows: list[tuple[Cell, ...]] = []
    for ori in sorted(registry.agencies):
        agency = registry.agencies[ori]
        who = registry.inquirer(ori, None, visit.at)
        fault = None if who is None else who.fault
        rows.append(
            (
                Link(ori, f"{LIST}/{ori}"),
                agency.name,
                ", ".join(agency.parties) or None,
                agency.parent,
                agency.criminal_justice,
                sum(
                    key.ori == ori and key.fault(visit.at) is None for key in registry.keys.values()
                ),
                fault or visit.text("may ask"),
            )
        )
    return Page(
        template="console/agencies.html",
        title=visit.text("Agencies"),
        data=AgenciesPage(visit.allows(Act.CHANGE_REGISTRY)),
        tables=(
            Table(
                "agencies",
                visit.text("Agencies"),
                (
                    Column("ori", "ORI"),
                    Column("name", visit.text("Name")),
                    Column("parties", visit.text("Parties in the texts")),
                    Column("parent", visit.text("Belongs to")),
                    Column("criminal_justice", visit.text("Criminal justice")),
                    Column("keys", visit.text("Keys that count"), numeric=True),
                    Column("now", visit.text("Now")),
                ),
                tuple(rows),
            ),
        ),
    )


def enter_agency(visit: Visit, form: Form) -> Shown:
    """Enter an agency."""
    faults = dict(form.faults)
    if not faults:
        try:
            agency = Agency(
                check_ori(form["ori"]),
                form["name"],
                tuple(one for one in form["parties"].replace(",", " ").split() if one),
                form["criminal_justice"] == "yes",
                check_ori(form["parent"]) if form["parent"] else None,
            )
            visit.write(partial(add_agency, agency=agency, made=visit.made()))
        except RegistryInvalid as fault:
            faults["ori"] = fault.what
        except NotFound as fault:
            faults["parent"] = fault.what
    if faults:
        filled = {field.name: form[field.name] for field in ADD_FIELDS}
        data = AgenciesPage(visit.allows(Act.CHANGE_REGISTRY), filled)
        return msgspec.structs.replace(agencies_page(visit), data=data, status=422, faults=faults)
    return Redirect(f"{LIST}/{form['ori']}")


def agency_page(visit: Visit) -> Page:
    """One agency with its keys, officers and suspensions."""
    return _page(visit, {}, {})


def change_agency(visit: Visit, form: Form) -> Shown:
    """Suspend or resume it, or change its roster or its keys."""
    ori = _agency(visit).ori
    faults = dict(form.faults)
    if "change" not in faults:
        try:
            faults |= _changed(visit, ori, form)
        except ComityError as fault:
            if not isinstance(fault, (RegistryInvalid, NotFound, KeyInvalid)):
                raise
            faults[_FIELD_OF[form["change"]]] = fault.what
    if faults:
        filled = {field.name: form[field.name] for field in CHANGE_FIELDS}
        page = _page(visit, filled, faults)
        return msgspec.structs.replace(page, status=422)
    return Redirect(f"{LIST}/{ori}")


_FIELD_OF: Final = {
    "suspend": "reason",
    "resume": "reason",
    "add officer": "officer",
    "remove officer": "officer",
    "add key": "public_key",
    "revoke key": "key_id",
}


def _changed(visit: Visit, ori: str, form: Form) -> dict[str, str]:
    """Make the change, or say what is missing."""
    needed = _FIELD_OF[form["change"]]
    if form["change"] != "resume" and not form[needed]:
        return {needed: _FILL}
    made = visit.made()
    job: Callable[[apsw.Connection], Any]
    match form["change"]:
        case "suspend":
            job = partial(suspend_agency, ori=ori, reason=form["reason"], made=made)
        case "resume":
            job = partial(resume_agency, ori=ori, made=made)
        case "add officer":
            officer = Officer(check_ori(ori), form["officer"], made.at)
            job = partial(add_officer, officer=officer, made=made)
        case "remove officer":
            job = partial(remove_officer, ori=ori, officer=form["officer"], made=made)
        case "add key":
            pem = form["public_key"].encode() + b"\n"
            public = read_public_pem(pem, "public_key")
            key = Key(
                key_id_of(public), public, check_ori(ori), made.at, source=form["source"] or None
            )
            job = partial(add_key, key=key, made=made)
        case _:
            key_id = form["key_id"]
            found = visit.view.registry.keys.get(key_id)
            if found is None or found.ori != ori:
                raise NotFound("there is no such key of this agency", where=key_id)
            job = partial(revoke_key, key_id=key_id, made=made)
    visit.write(job)
    return {}


def _agency(visit: Visit) -> Agency:
    found = visit.view.registry.agencies.get(visit.path["ori"])
    if found is None:
        raise NotFound("there is no agency of this ORI")
    return found


def _page(visit: Visit, filled: dict[str, str], faults: dict[str, str]) -> Page:
    agency, registry, at = _agency(visit), visit.view.registry, visit.at
    who = registry.inquirer(agency.ori, None, at)
    suspensions = registry.suspensions(agency.ori)
    return Page(
        template="console/agency.html",
        title=agency.name,
        data=AgencyPage(
            agency,
            None if who is None else who.fault,
            any(one.until is None for one in suspensions),
            tuple(
                KeyHeld(key.key_id, key.source, key.since, key.until, key.fault(at))
                for key in sorted(registry.keys.values(), key=lambda one: (one.since, one.key_id))
                if key.ori == agency.ori
            ),
            tuple(
                OfficerHeld(
                    one.officer,
                    one.since,
                    one.until,
                    one.since <= at and (one.until is None or at < one.until),
                )
                for one in registry.officers(agency.ori)
            ),
            suspensions,
            visit.allows(Act.CHANGE_REGISTRY),
            filled.get("change", ""),
            filled,
        ),
        faults=faults,
    )
