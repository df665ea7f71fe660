"""What a value in comity.toml must be: each check says what is wrong with it, or None.

Does not: read the file (`comity.cli.settings`), which adds where the value stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from comity.instant import InstantError, time_zone
from comity.ledger.padding import PaceMalformed, parse_pace


def bind_fault(bind: str) -> str | None:
    """Of an address and port to listen on."""
    host, _, port = bind.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and int(port) <= 65535):
        return f"is `{bind}`, which is no address and port"
    return None


def issuer_fault(url: str) -> str | None:
    """Of an identity provider's address: https, or on this machine."""
    parts = urlsplit(url)
    near = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not url or (
        parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and near))
    ):
        return None
    return f"is `{url}`, which is no https address"


def address_fault(url: str) -> str | None:
    """Of the address that people use: scheme and host alone."""
    if url and url != "{0.scheme}://{0.netloc}".format(urlsplit(url)):
        return f"is `{url}`: give scheme and host, and nothing behind"
    return issuer_fault(url)


def zone_fault(name: str) -> str | None:
    """Of an IANA time zone."""
    try:
        time_zone(name)
    except InstantError as fault:
        return f"is not usable: {fault.what}"
    return None


def not_empty(text: str) -> str | None:
    """Of a text that must say something."""
    return None if text.strip() else "is empty"


def origin_fault(origin: str) -> str | None:
    """Of a log's name."""
    # What a signed note can carry as the name of a key; empty is the default.
    if any(sign.isspace() or sign in "+" or not sign.isprintable() for sign in origin):
        return "holds a space or a `+`, which no signature line can carry"
    return None


def pace_fault(text: str) -> str | None:
    """Of a pace of padding."""
    try:
        parse_pace(text)
    except PaceMalformed:
        return f"is `{text[:40]}`, which is no pace"
    return None


def texts(ids: list[Any]) -> str | None:
    """Of a list of ids."""
    if not all(isinstance(one, str) and one.strip() for one in ids):
        return "must hold the ids of instruments, as texts"
    return None if len(set(ids)) == len(ids) else "names an instrument twice"


def names(names: list[Any]) -> str | None:
    """Of a list of names."""
    if all(isinstance(one, str) and one.strip() for one in names):
        return None
    return "must hold names, as texts"


def between(least: int, most: int) -> Callable[[int], str | None]:
    """A check of bounds."""

    def check(value: int) -> str | None:
        return None if least <= value <= most else f"is {value}, outside {least} to {most}"

    return check
