"""`comity.toml`: how one custodian runs Comity, read once and checked.

Invariants: every setting is in `SETTINGS`, which makes the page docs/settings.md
and the file that `comity init` writes; an unknown key, a wrong type and a value
out of bounds are errors that name the file and the key; relative paths count
from the folder of the file. Does not: open what the settings name.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from comity.cli.output import rehearse
from comity.cli.settings_check import (
    address_fault,
    between,
    bind_fault,
    issuer_fault,
    names,
    not_empty,
    origin_fault,
    pace_fault,
    texts,
    zone_fault,
)
from comity.errors import ComityError, NotFound
from comity.ledger.padding import NO_PADDING, Pace, parse_pace

FILE_NAME: Final = "comity.toml"
ENVIRONMENT: Final = "COMITY_CONFIG"


class SettingsInvalid(ComityError):
    """The settings file cannot be used as it is."""


class Limits(msgspec.Struct, frozen=True):
    """What the gateway bears from one sender."""

    body_bytes: int
    requests_per_minute: int
    list_candidates_max: int
    skew_seconds: int


class ProviderNamed(msgspec.Struct, frozen=True):
    """The identity provider staff sign in at. `secret` is the file with ours there."""

    name: str
    issuer: str
    client_id: str
    secret: Path | None


class Settings(msgspec.Struct, frozen=True):
    """The settings in force. `file` is where they were read from."""

    file: Path
    database: Path
    ledger_origin: str
    ledger_key: Path
    ledger_head: Path
    ledger_folder: Path
    ledger_policy: Path | None
    ledger_padding: Pace | None
    law: Path
    stack: tuple[str, ...]
    custodian: str
    time_zone: str
    bind: str
    authorities: tuple[str, ...]
    public_url: str
    provider: ProviderNamed | None
    hold_birthplace: bool
    rehearsal_seconds: int
    limits: Limits

    @property
    def host(self) -> str:
        """The address to listen on, without the port."""
        return _host_and_port(self.bind)[0]

    @property
    def port(self) -> int:
        """The TCP port to listen on; 0 lets the system choose."""
        return _host_and_port(self.bind)[1]


class Setting(msgspec.Struct, frozen=True):
    """One key of the file: what it means, its default, and what it may be."""

    key: str  # dotted: `limits.body_bytes`
    kind: type
    default: Any  # None = must be given
    says: str
    check: Callable[[Any], str | None] = lambda _: None


def shipped(folder: Literal["law", "feeds"]) -> Path:
    """The folder of texts or feed mappings that came with this installation.

    In a checkout the top-level folder, in an installed wheel its copy inside the package.
    """
    package = Path(__file__).resolve().parent.parent
    inside = package / f"_{folder}"
    return inside if inside.is_dir() else package.parent.parent / folder


def load_settings(path: Path | None = None) -> Settings:
    """Read `path`, else the file `COMITY_CONFIG` names, else ./comity.toml.

    From here on this process tells the time of its rehearsal, if it is one. Raises
    NotFound if there is no file, SettingsInvalid if it cannot be used.
    """
    file = path or Path(os.environ.get(ENVIRONMENT) or FILE_NAME)
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError as fault:
        raise NotFound(
            "there is no settings file",
            where=str(file),
            remedy="run `comity init` here, or name one with --config",
        ) from fault
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsInvalid(f"cannot be read: {fault}", where=str(file)) from fault
    settings = parse_settings(text, file)
    rehearse(settings.rehearsal_seconds)
    return settings


def parse_settings(text: str, file: Path) -> Settings:
    """Settings from the text of a file. Raises SettingsInvalid naming file and key."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise SettingsInvalid(
            f"is not TOML: {fault}", where=str(file), remedy="see docs/settings.md for an example"
        ) from fault
    given = dict(_flatten(tree))
    known = {setting.key: setting for setting in SETTINGS}
    for key in given:
        if key not in known:
            raise _unknown(key, text, file)
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        values[setting.key] = _read(setting, given, text, file)
    base = file.resolve().parent
    law, issuer = values["law"], values["provider.issuer"]
    secret = values["provider.secret"]
    return Settings(
        file=file,
        database=base / values["database"],
        ledger_origin=values["ledger_origin"],
        ledger_key=base / values["ledger_key"],
        ledger_head=base / values["ledger_head"],
        ledger_folder=base / values["ledger_folder"],
        ledger_policy=base / values["ledger_policy"] if values["ledger_policy"] else None,
        ledger_padding=parse_pace(values["ledger_padding"]),
        law=base / law if law else shipped("law"),
        stack=tuple(values["stack"]),
        custodian=values["custodian"],
        time_zone=values["time_zone"],
        bind=values["bind"],
        authorities=tuple(values["authorities"]),
        public_url=values["public_url"],
        provider=ProviderNamed(
            values["provider.name"],
            issuer,
            values["provider.client_id"],
            base / secret if secret else None,
        )
        if issuer
        else None,
        hold_birthplace=values["hold_birthplace"],
        rehearsal_seconds=values["rehearsal_seconds"],
        limits=Limits(
            body_bytes=values["limits.body_bytes"],
            requests_per_minute=values["limits.requests_per_minute"],
            list_candidates_max=values["limits.list_candidates_max"],
            skew_seconds=values["limits.skew_seconds"],
        ),
    )


def _flatten(tree: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in tree.items():
        if isinstance(value, dict):
            pairs.extend(_flatten(value, f"{above}{key}."))
        else:
            pairs.append((above + key, value))
    return pairs


def _read(setting: Setting, given: Mapping[str, Any], text: str, file: Path) -> Any:
    if setting.key not in given:
        if setting.default is None:
            raise SettingsInvalid(
                f"`{setting.key}` is missing", where=str(file), remedy=f"give it: {setting.says}"
            )
        return setting.default
    value = given[setting.key]
    where = _where(setting.key, text, file)
    # `type is`, because in Python a boolean passes for an integer.
    if type(value) is not setting.kind:
        raise SettingsInvalid(
            f"`{setting.key}` must be {KINDS[setting.kind]}, not {KINDS.get(type(value), 'this')}",
            where=where,
            remedy=setting.says,
        )
    fault = setting.check(value)
    if fault:
        raise SettingsInvalid(f"`{setting.key}` {fault}", where=where, remedy=setting.says)
    return value


def _unknown(key: str, text: str, file: Path) -> SettingsInvalid:
    near = difflib.get_close_matches(key, [setting.key for setting in SETTINGS], n=1)
    if not near:
        last = {setting.key.rpartition(".")[2]: setting.key for setting in SETTINGS}
        near = [last[one] for one in difflib.get_close_matches(key.rpartition(".")[2], last, n=1)]
    remedy = f"did you mean `{near[0]}`?" if near else "docs/settings.md lists every setting"
    return SettingsInvalid(
        f"`{key}` is not a setting", where=_where(key, text, file), remedy=remedy
    )


def _where(key: str, text: str, file: Path) -> str:
    """File and line of a key, as far as a line begins with its last part."""
    name = key.rpartition(".")[2]
    for number, line in enumerate(text.splitlines(), start=1):
        if line.split("=", 1)[0].strip() == name and "=" in line:
            return f"{file}:{number}"
    return str(file)


def _host_and_port(bind: str) -> tuple[str, int]:
    host, _, port = bind.rpartition(":")
    return host.strip("[]"), int(port)


KINDS: Final[dict[type, str]] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list of texts",
    float: "a number with a fraction",
}

SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        "custodian",
        str,
        None,
        "the handle of the city or county that holds the records, as instruments name it",
        not_empty,
    ),
    Setting(
        "time_zone",
        str,
        None,
        "the custodian's IANA time zone: days in inquiries and terms are its days",
        zone_fault,
    ),
    Setting("database", str, "comity.db", "the SQLite file of records, law and ledger", not_empty),
    Setting(
        "ledger_origin",
        str,
        "",
        "the name of the first public log, for good; empty means the one it signed with, and for a new"
        " log CUSTODIAN/comity/YEAR; each later year's log is named like it, with that year",
        origin_fault,
    ),
    Setting(
        "ledger_key",
        str,
        "ledger-key.pem",
        "the private key that signs checkpoints, made by `comity init` or `comity ledger keygen`",
        not_empty,
    ),
    Setting(
        "ledger_head",
        str,
        "ledger-head",
        "the file with the last signed checkpoint, and of each later year `-YEAR` behind it; keep it on"
        " another disk than the database, and out of every backup: a restored backup is told by it",
        not_empty,
    ),
    Setting(
        "ledger_folder",
        str,
        "ledger",
        "the folder of the public log as plain files: checkpoint, tiles and entries; each later year's"
        " in a folder in it",
        not_empty,
    ),
    Setting(
        "ledger_policy",
        str,
        "",
        "the policy file (C2SP tlog-policy) with the witnesses that are asked to cosign; empty"
        " means none",
    ),
    Setting(
        "ledger_padding",
        str,
        NO_PADDING,
        "the pace at which the public log grows, as in `8 a minute` or `64 an hour`: receipts come"
        " once a period, and what is short is filled up; `none` shows each second what there is",
        pace_fault,
    ),
    Setting("law", str, "", "the folder of instruments; empty means those that came with Comity"),
    Setting(
        "stack",
        list,
        [],
        "ids of the instruments that bind this custodian; adoption and term decide which are"
        " in force; empty means every instrument adopted here",
        texts,
    ),
    Setting("bind", str, "127.0.0.1:8722", "address and port of the gateway", bind_fault),
    Setting(
        "authorities",
        list,
        [],
        "names (host, or host:port) that agencies know this gateway by: a request signed for"
        " another name is refused; empty takes any name, which is for one machine alone",
        names,
    ),
    Setting(
        "public_url",
        str,
        "",
        "the address people open the pages by, as in https://records.example: with it cookies are"
        " Secure and passkeys work; empty is for one machine alone, where nobody signs in from elsewhere",
        address_fault,
    ),
    Setting(
        "hold_birthplace",
        bool,
        False,
        "whether place of birth is kept at all; false drops it at the door and counts it",
    ),
    Setting(
        "rehearsal_seconds",
        int,
        0,
        "seconds added to the clock of every command and of the gateway: for rehearsals and"
        " demonstrations only; `comity doctor` warns while it is not 0",
    ),
    Setting(
        "provider.issuer",
        str,
        "",
        "the identity provider (OpenID Connect) at which staff sign in, by its issuer's address; empty"
        " means none; it needs `public_url`",
        issuer_fault,
    ),
    Setting("provider.name", str, "your organization", "what its button says", not_empty),
    Setting("provider.client_id", str, "comity", "this installation's id there", not_empty),
    Setting(
        "provider.secret",
        str,
        "",
        "the file with this installation's secret there; empty means it has none (a public client)",
    ),
    Setting(
        "limits.body_bytes",
        int,
        65_536,
        "largest body of one request, in bytes",
        between(1_024, 16_777_216),
    ),
    Setting(
        "limits.requests_per_minute",
        int,
        6_000,
        "requests one key may send in a minute",
        between(1, 100_000_000),
    ),
    Setting(
        "limits.list_candidates_max",
        int,
        10_000,
        "records a list inquiry may point at before it is refused as too broad",
        between(1, 1_000_000),
    ),
    Setting(
        "limits.skew_seconds",
        int,
        60,
        "how far a signature's clock may be from ours, in seconds",
        between(1, 900),
    ),
)
