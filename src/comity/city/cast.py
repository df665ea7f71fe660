"""Who acts in the demo: parties, agencies, officers and their keys.

DEMO ONLY. Every private key here follows from the seed, which is public: whoever
has this file can sign for all of them. Never register one of these keys anywhere
that holds a record of a living person. ORIs begin with XX, the code of no state or
territory (held against the FBI's list of agencies in `tests/city/test_cast.py`).
Handles are those of the instruments in `law/`. Does not: register anything.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from comity.city.trail import ICE_ORI, POLICE_ORI, SHERIFF_ORI, SOURCE
from comity.disclosure.inquiry import Ori
from comity.disclosure.registry import Agency, Key, Officer
from comity.instant import Instant, parse_local
from comity.law.signing import PartyKey, PrivateKey, key_id_of, public_half

CUSTODIAN: Final = "city"
SIGNATORIES: Final = ("district-attorney", "first-judicial-district")
RECIPIENTS: Final = ("us-ice", "us-atf")
PARTIES: Final = (CUSTODIAN, *SIGNATORIES, *RECIPIENTS)
"""Everyone who signs an instrument of the demo; each has a key."""

ATF_ORI: Final = "XXATF0000"
SINCE: Final = parse_local("2008-01-01", "America/New_York")
"""From when keys and officers count unless somebody says otherwise."""

AGENCIES: Final = (
    Agency(Ori(POLICE_ORI), "City Police Department (demo)", (CUSTODIAN,), True),
    Agency(Ori(ICE_ORI), "ICE ERO field office (demo)", ("us-ice",), True),
    Agency(Ori(ATF_ORI), "ATF field division (demo)", ("us-atf",), True),
    Agency(Ori(SHERIFF_ORI), "Neighbouring county sheriff (demo)", ("neighbour-sheriff",), True),
)
"""All do criminal justice work; whether an inquiry does is decided by its purpose.

No instrument names `neighbour-sheriff`: that office is the side door, asking on behalf of
another agency.
"""

_ROSTER: Final = (
    (POLICE_ORI, "pd-3310"),
    (ICE_ORI, "ero-1201"),
    (ICE_ORI, "ero-1202"),
    (ATF_ORI, "atf-0417"),
    (ATF_ORI, "atf-0533"),
    (SHERIFF_ORI, "ncs-027"),
)


class AgencyKey(msgspec.Struct, frozen=True):
    """A key of the registry with its private half."""

    key: Key
    private_key: PrivateKey


class SignatoryKey(msgspec.Struct, frozen=True):
    """A party's key with its private half."""

    key: PartyKey
    private_key: PrivateKey


class Cast(msgspec.Struct, frozen=True):
    """Everyone, with keys: `agency_keys` by ORI, `party_keys` by handle, `source_key` the feed's."""

    agencies: tuple[Agency, ...]
    officers: tuple[Officer, ...]
    agency_keys: dict[str, AgencyKey]
    party_keys: dict[str, SignatoryKey]
    source_key: AgencyKey

    def officer(self, ori: str) -> str:
        """The first officer on an agency's roster."""
        return next(one.officer for one in self.officers if one.ori == ori)


def demo_cast(seed: int, since: Instant = SINCE) -> Cast:
    """The same people with the same keys for the same seed. Keys and officers count from `since`."""
    return Cast(
        agencies=AGENCIES,
        officers=tuple(Officer(Ori(ori), officer, since) for ori, officer in _ROSTER),
        agency_keys={agency.ori: _agency_key(seed, agency.ori, since) for agency in AGENCIES},
        party_keys={party: _party_key(seed, party, since) for party in PARTIES},
        source_key=_agency_key(seed, Ori(POLICE_ORI), since, SOURCE),
    )


def demo_private_key(seed: int, owner: str) -> PrivateKey:
    """The 32-byte Ed25519 seed of an owner. Anybody can compute it: for the demo only."""
    return PrivateKey(sha256(f"comity demo only, not a secret\0{seed}\0{owner}".encode()).digest())


def _agency_key(seed: int, ori: Ori, since: Instant, source: str | None = None) -> AgencyKey:
    private_key = demo_private_key(seed, f"agency {ori} {source or ''}")
    public_key = public_half(private_key)
    return AgencyKey(Key(key_id_of(public_key), public_key, ori, since, source=source), private_key)


def _party_key(seed: int, party: str, since: Instant) -> SignatoryKey:
    private_key = demo_private_key(seed, f"party {party}")
    public_key = public_half(private_key)
    return SignatoryKey(PartyKey(party, key_id_of(public_key), public_key, since), private_key)
