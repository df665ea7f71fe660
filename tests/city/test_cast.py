"""The cast: synthetic ORIs, keys that sign, parties that the texts name."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import yaml
from nacl.signing import SigningKey

from comity.city.cast import AGENCIES, PARTIES, Cast, demo_cast
from comity.city.trail import SOURCE
from comity.disclosure.registry import RegistrySnapshot, check_officer, check_ori
from comity.instant import parse_local
from comity.law.signing import PublicKey, key_id_of
from comity.ledger.append import Generation

ROOT = Path(__file__).resolve().parents[2]
AT = parse_local("2018-08-31T22:00", "America/New_York")


def test_no_real_agency_has_such_an_ori(shared_dir: Path) -> None:
    real = pl.read_parquet(shared_dir / "data" / "bench" / "fbi_agencies_ori_2025.parquet")
    assert len(real) > 18_000
    assert not real.filter(pl.col("ori").str.starts_with("XX")).height


def test_oris_and_officers_are_well_formed() -> None:
    cast = demo_cast(1)
    assert all(check_ori(agency.ori).startswith("XX") for agency in AGENCIES)
    assert all(check_officer(one.officer) for one in cast.officers)
    assert all(cast.officer(agency.ori) for agency in AGENCIES)


def test_the_registry_knows_everyone_on_the_evening() -> None:
    cast = demo_cast(1)
    keys = [*(one.key for one in cast.agency_keys.values()), cast.source_key.key]
    registry = RegistrySnapshot(Generation(1), cast.agencies, keys, cast.officers, ())
    for agency in AGENCIES:
        inquirer = registry.inquirer(agency.ori, cast.officer(agency.ori), AT)
        assert inquirer is not None
        assert inquirer.fault is None
        assert inquirer.parties == agency.parties
        assert registry.key(cast.agency_keys[agency.ori].key.key_id, AT) is not None
    assert cast.source_key.key.source == SOURCE


def halves(cast: Cast) -> list[tuple[bytes, bytes, str]]:
    """Private half, public half and id of every key."""
    agencies = [*cast.agency_keys.values(), cast.source_key]
    return [
        *((one.private_key, one.key.public_key, one.key.key_id) for one in agencies),
        *(
            (one.private_key, one.key.public_key, one.key.key_id)
            for one in cast.party_keys.values()
        ),
    ]


def test_keys_follow_from_the_seed_and_no_two_are_alike() -> None:
    assert demo_cast(1) == demo_cast(1)
    privates = {private for seed in (1, 2) for private, _, _ in halves(demo_cast(seed))}
    assert len(privates) == 2 * (len(AGENCIES) + len(PARTIES) + 1)


def test_private_and_public_halves_belong_together() -> None:
    for private, public, key_id in halves(demo_cast(1)):
        signing = SigningKey(private)
        assert bytes(signing.verify_key) == public
        assert key_id == key_id_of(PublicKey(public))


def test_parties_are_those_of_the_texts() -> None:
    named = set()
    adopted = ("pars-ice-2008", "pars-ice-2010", "pars-atf")
    for path in (ROOT / "law" / "philadelphia" / f"{name}.md" for name in adopted):
        front = yaml.safe_load(path.read_text("utf-8").split("---\n")[1])
        named |= {party["id"] for party in front["parties"]}
    assert named == set(PARTIES)
    assert {party for agency in AGENCIES for party in agency.parties} - named == {
        "neighbour-sheriff"
    }
