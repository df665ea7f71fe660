"""Texts, keys and acts that hold together, checked before anything is decided by them.

Source: docs/lifecycle.md. Invariants: a text has the digest it goes by; a key has the
id it goes by; an act has its text, is one its text provides for, and carries the
signature of a key that was its party's when the act was recorded. A fault names what
does not hold; nothing is left out and gone on without. Does not: look at other acts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from comity.errors import IntegrityFault
from comity.instant import Instant, format_instant
from comity.law.digest import digest as digest_of_text
from comity.law.instrument import Instrument
from comity.law.lifecycle import LawAct, LawActInvalid, act_word, check_act
from comity.law.signing import PartyKey, key_id_of, signature_holds


def sound_texts(instruments: Iterable[Instrument]) -> dict[str, Instrument]:
    """Texts by ref, in order of id and version. Raises IntegrityFault."""
    texts: dict[str, Instrument] = {}
    for instrument in sorted(instruments, key=lambda one: (one.id, one.version)):
        if instrument.ref in texts:
            raise IntegrityFault("two texts of the same version", where=instrument.ref)
        if digest_of_text(instrument.canonical) != instrument.digest:
            raise IntegrityFault("the text is not the one of its digest", where=instrument.ref)
        texts[instrument.ref] = instrument
    return texts


def sound_keys(party_keys: Iterable[PartyKey]) -> dict[str, PartyKey]:
    """Keys by id. Raises IntegrityFault."""
    keys: dict[str, PartyKey] = {}
    for key in party_keys:
        if key.key_id in keys:
            raise IntegrityFault("the key is entered twice", where=key.key_id)
        if key.key_id != key_id_of(key.public_key):
            raise IntegrityFault("the key is not that of its id", where=key.key_id)
        keys[key.key_id] = key
    return keys


def demand_sound_act(
    act: LawAct, instruments: Mapping[str, Instrument], party_keys: Mapping[str, PartyKey]
) -> None:
    """Raises IntegrityFault, naming the act, where text, key and signature do not hold together."""
    where = f"{act.ref}: {act_word(act)} by `{act.party}` at {_when(act.at)}"
    instrument = instruments.get(act.ref)
    if instrument is None:
        raise IntegrityFault("the act is upon a text that is not on file", where=where)
    try:
        check_act(instrument, act)
    except LawActInvalid as fault:
        raise IntegrityFault(fault.what, where=where, remedy=fault.remedy) from fault
    key = party_keys.get(act.key_id)
    if key is None or key.party != act.party:
        raise IntegrityFault(
            f"`{act.key_id}` is not a key of `{act.party}`",
            where=where,
            remedy="enter the party's key with `comity law keygen`",
        )
    if act.recorded_at < key.since or (
        key.revoked_at is not None and act.recorded_at >= key.revoked_at
    ):
        raise IntegrityFault(f"`{act.key_id}` did not count when the act was recorded", where=where)
    if not signature_holds(act, key.public_key):
        raise IntegrityFault(
            "the signature is not the party's over this act",
            where=where,
            remedy="run `comity doctor`; restore the database from a backup",
        )


def _when(at: Instant) -> str:
    try:
        return format_instant(at)
    except OverflowError:  # an altered date may be any number
        return str(at)
