"""How a party signs on the command line: with its key here, or elsewhere with openssl.

Source: docs/lifecycle.md. `--key` signs with a private key on this machine. A party
that keeps its key to itself has the exact bytes written with `--to-sign`, signs them
with `openssl pkeyutl -sign -rawin`, and gives the result with `--signature`. Does
not: record anything (`comity.cli.law_life`).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from comity.cli.output import clock
from comity.errors import ComityError, NotFound, NotPermitted, Unreachable
from comity.instant import Instant, parse_instant, parse_local
from comity.law.instrument import Instrument
from comity.law.lifecycle import LawAct
from comity.law.register import Register
from comity.law.signing import (
    SIGNATURE_BYTES,
    KeyInvalid,
    PrivateKey,
    PublicKey,
    private_pem,
    public_half,
    public_pem,
    read_private_pem,
    read_public_pem,
    sign_act,
    signature_holds,
    signed_bytes,
)

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HANDLE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


class Acting(msgspec.Struct, frozen=True):
    """Who acts, from when, and how it is signed: one of the three paths is given."""

    party: str
    at: str | None
    key: Path | None
    to_sign: Path | None
    signature: Path | None
    as_json: bool

    def fields(self, instrument: Instrument) -> dict[str, Any]:
        """What every act upon this text says, by the clock of this machine."""
        recorded_at = clock()
        zone = instrument.term.time_zone
        return {
            "ref": instrument.ref,
            "digest": instrument.digest,
            "party": self.party,
            "at": recorded_at if self.at is None else moment(self.at, zone),
            "recorded_at": recorded_at,
        }


def signing_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every command by which a party acts, given to it as one `acting`."""

    @wraps(command)
    def act(
        *,
        party: str,
        at: str | None,
        key: Path | None,
        to_sign: Path | None,
        signature: Path | None,
        as_json: bool,
        **more: Any,
    ) -> None:
        if sum(one is not None for one in (key, to_sign, signature)) != 1:
            raise click.UsageError("give one of --key, --to-sign and --signature")
        if signature is not None and at is None:
            raise click.UsageError("a signature made elsewhere is over a time: give it with --at")
        command(acting=Acting(party, at, key, to_sign, signature, as_json), **more)

    path = click.Path(path_type=Path)
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Data as JSON."),
        click.option(
            "--at",
            metavar="TIME",
            help="From when it takes effect: 2018-08-31T12:00 in the text's time zone,"
            " or with an offset. Default: now.",
        ),
        click.option("--signature", type=path, help="A signature made elsewhere; needs --at."),
        click.option("--to-sign", type=path, help="Only write the bytes to be signed elsewhere."),
        click.option("--key", type=path, help="The party's private key, a PEM file."),
        click.option("--party", required=True, help="Who acts, as the text names it."),
    ):
        act = option(act)
    return act


def signed(act: LawAct, acting: Acting, register: Register) -> LawAct | None:
    """The act with its signature, or None where only the bytes to be signed were written.

    Raises NotFound, KeyInvalid, NotPermitted (no key of the party made the signature).
    """
    if acting.key is not None:
        return sign_act(act, read_private_key(acting.key))
    if acting.signature is not None:
        return _signed_elsewhere(act, acting.signature, register)
    if acting.to_sign is not None:
        _write_new(acting.to_sign, signed_bytes(act), 0o644)
    return None


def _signed_elsewhere(act: LawAct, path: Path, register: Register) -> LawAct:
    made = _read(path)
    for key in register.party_keys.values():
        whole = msgspec.structs.replace(act, key_id=key.key_id, signature=made)
        if key.party == act.party and signature_holds(whole, key.public_key):
            return whole
    size = "" if len(made) == SIGNATURE_BYTES else f"; it has {len(made)} bytes, not 64"
    raise NotPermitted(
        f"this is not the signature of `{act.party}` over this act{size}",
        where=str(path),
        remedy="give the same --at and the same options as with --to-sign",
    )


def moment(text: str | None, zone: str, *, end_of_day: bool = False) -> Instant:
    """An instant as people write it: with an offset, or in the zone; None is now.

    A day alone is its first instant, or with `end_of_day` the first after it.
    Raises InstantError.
    """
    if text is None:
        return clock()
    if _DAY.fullmatch(text):
        return parse_local(f"{text}T24:00" if end_of_day else text, zone)
    if re.search(r"(Z|[+-]\d{2}:\d{2})$", text):
        return parse_instant(text)
    return parse_local(text, zone)


def read_private_key(path: Path) -> PrivateKey:
    """A private key that nobody else may read. Raises NotFound, Unreachable, KeyInvalid."""
    pem = _read(path)
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyInvalid(
            "the private key may be read by others",
            where=str(path),
            remedy=f"run `chmod 600 {path}`",
        )
    return read_private_pem(pem, str(path))


def read_public_key(path: Path) -> PublicKey:
    """A public key. Raises NotFound, Unreachable, KeyInvalid."""
    return read_public_pem(_read(path), str(path))


def write_private_key(path: Path, private_key: PrivateKey) -> None:
    """Write a new private key, for its owner alone. Raises KeyInvalid where there is a file."""
    _write_new(path, private_pem(private_key), 0o600)


def make_key(party: str, folder: Path) -> tuple[Path, Path, PublicKey]:
    """Make a key pair: PARTY.pem, for its owner alone, and PARTY.pub.pem. Raises KeyInvalid."""
    private_key = PrivateKey(os.urandom(32))
    public_key = public_half(private_key)
    private, public = folder / f"{party}.pem", folder / f"{party}.pub.pem"
    if public.exists():
        raise _exists(public)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise Unreachable(f"cannot be made: {fault.strerror}", where=str(folder)) from fault
    write_private_key(private, private_key)
    _write_new(public, public_pem(public_key), 0o644)
    return private, public, public_key


def demand_handle(party: str) -> None:
    """Raises ComityError for what cannot be a party's id in a text."""
    if not _HANDLE.fullmatch(party):
        raise ComityError(
            f"`{party}` is not the id of a party",
            remedy="use small letters, digits and hyphens, as in the text: district-attorney",
        )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as fault:
        raise NotFound("there is no such file", where=str(path)) from fault
    except OSError as fault:
        raise Unreachable(f"cannot be read: {fault.strerror}", where=str(path)) from fault


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as fault:
        raise _exists(path) from fault
    except OSError as fault:
        raise Unreachable(f"cannot be written: {fault.strerror}", where=str(path)) from fault
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _exists(path: Path) -> KeyInvalid:
    return KeyInvalid(
        "there is a file already; nothing was changed",
        where=str(path),
        remedy="choose another name, or move it away",
    )
