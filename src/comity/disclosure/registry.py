"""Who may speak to the gateway: agencies by ORI, their keys, officers and suspensions.

Source: NIEM 6.0 `j:OrganizationORIIdentification` for the names of agencies; the
rule that a change of who may ask is itself an entry (DESIGN.md, Ledger).
Invariants: a snapshot is all that a decision knows of the registry, for one
generation; every period is [from, until); an agency speaks for the parties of its
parents too; whoever is suspended, struck off or not on the roster is named with a
fault, so that it is refused by a decision with an entry. Does not: read a store
(`comity.store.sqlite.registry`) or check a signature (`comity.web.signature`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from comity.disclosure.inquiry import Inquirer, Ori
from comity.errors import ComityError
from comity.instant import Instant, format_instant
from comity.ledger.append import Generation

SYSTEM_PREFIX: Final = "system:"
"""An officer id that begins so is a system of the agency, which needs no place on the roster."""

_ORI: Final = re.compile(r"[A-Z0-9]{9}", re.ASCII)
_OFFICER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)


class RegistryInvalid(ComityError):
    """Something that cannot stand in the registry."""


class Agency(msgspec.Struct, frozen=True):
    """A body with an ORI. `parties` are its handles in instruments; `parent` another ORI."""

    ori: Ori
    name: str
    parties: tuple[str, ...]
    criminal_justice: bool
    parent: Ori | None = None


class Key(msgspec.Struct, frozen=True):
    """An Ed25519 key that signs for an agency from `since` until `until`, unless revoked.

    With `source` it is a record system's key: it may hand in events of that source,
    and nothing else.
    """

    key_id: str
    public_key: bytes
    ori: Ori
    since: Instant
    until: Instant | None = None
    revoked_at: Instant | None = None
    source: str | None = None

    def fault(self, at: Instant) -> str | None:
        """Why this key does not count at that instant, or None."""
        if at < self.since:
            return f"key `{self.key_id}` counts from {format_instant(self.since)}"
        if self.revoked_at is not None and at >= self.revoked_at:
            return f"key `{self.key_id}` was revoked on {format_instant(self.revoked_at)}"
        if self.until is not None and at >= self.until:
            return f"key `{self.key_id}` ended on {format_instant(self.until)}"
        return None


class Officer(msgspec.Struct, frozen=True):
    """A person on an agency's roster, by the agency's own id."""

    ori: Ori
    officer: str
    since: Instant
    until: Instant | None = None


class Suspension(msgspec.Struct, frozen=True):
    """A period in which an agency may not ask."""

    ori: Ori
    reason: str
    since: Instant
    until: Instant | None = None


class RegistrySnapshot:
    """The registry as it stood at one generation. Never changes."""

    def __init__(
        self,
        generation: Generation,
        agencies: Iterable[Agency],
        keys: Iterable[Key],
        officers: Iterable[Officer],
        suspensions: Iterable[Suspension],
    ) -> None:
        self.generation = generation
        self.agencies: Mapping[str, Agency] = {agency.ori: agency for agency in agencies}
        self.keys: Mapping[str, Key] = {key.key_id: key for key in keys}
        self._officers: dict[tuple[str, str], list[Officer]] = {}
        for officer in officers:
            self._officers.setdefault((officer.ori, officer.officer), []).append(officer)
        self._suspensions: dict[str, list[Suspension]] = {}
        for suspension in suspensions:
            self._suspensions.setdefault(suspension.ori, []).append(suspension)
        self._parties = {ori: self._with_parents(ori) for ori in self.agencies}

    def key(self, key_id: str, at: Instant) -> Key | None:
        """The key of that id if it counts at that instant."""
        key = self.keys.get(key_id)
        return None if key is None or key.fault(at) is not None else key

    def officers(self, ori: str) -> tuple[Officer, ...]:
        """The roster of an agency with all its periods, by officer id."""
        return tuple(
            officer
            for (agency, _), periods in sorted(self._officers.items())
            if agency == ori
            for officer in periods
        )

    def suspensions(self, ori: str) -> tuple[Suspension, ...]:
        """Every suspension an agency has had."""
        return tuple(self._suspensions.get(ori, ()))

    def inquirer(self, ori: str, officer: str | None, at: Instant) -> Inquirer | None:
        """The principal as the registry knows it at that instant; None for an unknown agency.

        `fault` is set where agency, parent or officer may not ask; a decision then refuses.
        """
        agency = self.agencies.get(ori)
        if agency is None:
            return None
        system = officer is not None and officer.startswith(SYSTEM_PREFIX)
        return Inquirer(
            ori=agency.ori,
            agency_name=agency.name,
            parties=self._parties[ori],
            criminal_justice=agency.criminal_justice,
            officer=officer,
            system=system,
            fault=self._suspended(ori, at) or self._off_roster(ori, officer, system, at),
        )

    def _suspended(self, ori: str, at: Instant) -> str | None:
        """A suspended parent suspends its children: they speak for the same parties."""
        for one in self._line(ori):
            for suspension in self._suspensions.get(one, ()):
                if suspension.since <= at and (suspension.until is None or at < suspension.until):
                    return f"agency {one} is suspended: {suspension.reason}"
        return None

    def _off_roster(self, ori: str, officer: str | None, system: bool, at: Instant) -> str | None:
        if officer is None or system:
            return None
        periods = self._officers.get((ori, officer), ())
        if any(one.since <= at and (one.until is None or at < one.until) for one in periods):
            return None
        ended = [one.until for one in periods if one.until is not None and one.until <= at]
        if ended:
            return f"officer `{officer}` left the roster of {ori} on {format_instant(max(ended))}"
        return f"officer `{officer}` is not on the roster of {ori}"

    def _line(self, ori: str) -> Iterable[str]:
        """The agency and its parents, each once."""
        seen: list[str] = []
        current: str | None = ori
        while current is not None and current not in seen and current in self.agencies:
            seen.append(current)
            current = self.agencies[current].parent
        return seen

    def _with_parents(self, ori: str) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(party for one in self._line(ori) for party in self.agencies[one].parties)
        )


def check_ori(text: str) -> Ori:
    """An ORI as the field writes it. Raises RegistryInvalid."""
    if not _ORI.fullmatch(text):
        raise RegistryInvalid(
            f"`{text}` is not an ORI", remedy="write nine characters of A-Z and 0-9: PAPEP0000"
        )
    return Ori(text)


def check_officer(text: str) -> str:
    """A roster id. Raises RegistryInvalid; ids of systems have no place on the roster."""
    if not _OFFICER.fullmatch(text):
        raise RegistryInvalid(
            f"`{text}` is not an officer id", remedy="use up to 64 letters, digits and ._:-"
        )
    if text.startswith(SYSTEM_PREFIX):
        raise RegistryInvalid(
            f"`{text}` names a system", remedy="systems ask without a place on the roster"
        )
    return text
