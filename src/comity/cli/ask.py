"""`comity ask`: send a signed inquiry to a gateway and tell the answer in plain words.

Exit codes: 0 something was shown (or the subscription is open), 1 an answer that is
no (refused, withheld, held), 2 the inquiry is not well-formed, 4 the signature or
key is not taken, 5 the gateway cannot be reached or cannot answer now.
Source: docs/asking.md. Does not: open the database (it needs only the address).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from comity.cli.law_sign import read_private_key
from comity.cli.output import clock, emit, emit_json, say
from comity.cli.settings import load_settings
from comity.errors import NotFound
from comity.law.vocabulary import DataClass, Purpose

if TYPE_CHECKING:
    from comity.disclosure.answer import Answer
    from comity.disclosure.inquiry import Inquiry, OnBehalfOf, Query
    from comity.web.client import Client
    from comity.web.fetch import Status
    from comity.web.standing import Standing

ENVIRONMENT: Final = "COMITY_GATEWAY"
_LIST_WORDS: Final = {
    "from": "arrested_from",
    "until": "arrested_until",
    "statute": "charge_statute",
    "surname": "sur_name",
    "born-in": "birthplace",
    "not-born-in": "birthplace_not",
    "in-custody": "in_custody",
    "page": "page",
    "page-size": "page_size",
}


@click.command("ask")
@click.option("--to", "url", metavar="URL", help=f"The gateway. Else {ENVIRONMENT}, else this one.")
@click.option(
    "--as",
    "key_file",
    required=True,
    type=click.Path(path_type=Path),
    help="The agency's private key, a PEM file.",
)
@click.option("--key-id", help="The key's id, where it was entered under another than its own.")
@click.option("--officer", help="Your id on the roster, or system:NAME.")
@click.option("--purpose", help="Why, from the closed list: 'criminal investigation'.")
@click.option("--see", metavar="CLASSES", help="Data classes, by comma: charges,custody.")
@click.option("--record", "record_id", help="By record number.")
@click.option("--state-id", help="By state identification number.")
@click.option("--name", metavar='"SUR, GIVEN"', help="By name.")
@click.option("--born", metavar="DATE", help="With --name: the date of birth.")
@click.option(
    "--list",
    "list_words",
    multiple=True,
    metavar="WORD=VALUE",
    help=f"A list of whoever fits: {', '.join(_LIST_WORDS)}. May be given several times.",
)
@click.option("--case", "case_number", help="The case number.")
@click.option("--basis", "legal_basis", help="The id of a process on file with the custodian.")
@click.option("--for", "behalf", metavar="ORI[/OFFICER]", help="On behalf of another agency.")
@click.option("--id", "inquiry_id", help="The inquiry's id. Default: drawn.")
@click.option("--follow", is_flag=True, help="Follow the records given, until it is ended.")
@click.option("--after", metavar="EVENT", help="With --follow and --id: go on after this event.")
@click.option("--fetch", is_flag=True, help="Look up the inquiry --id instead of asking.")
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
@click.pass_context
def ask(
    context: click.Context,
    /,
    url: str | None,
    key_file: Path,
    key_id: str | None,
    inquiry_id: str | None,
    follow: bool,
    after: str | None,
    fetch: bool,
    as_json: bool,
    **words: Any,
) -> None:
    """Send a signed inquiry to a gateway."""
    with client_of(url, key_file, key_id) as client:
        if fetch:
            if inquiry_id is None:
                raise click.UsageError("--fetch needs --id")
            context.exit(_tell(client.look_up(inquiry_id), as_json))
        if follow and inquiry_id is not None and after is not None:
            context.exit(_follow(client, inquiry_id, after, as_json))
        inquiry = _inquiry(inquiry_id, words, follow=follow)
        if not follow:
            context.exit(_tell(client.ask(inquiry), as_json))
        standing = client.subscribe(inquiry)
        if standing.events is None:
            context.exit(_tell(standing, as_json))
        say(standing.words)
        say(f"its id is {inquiry.inquiry_id}; stop with Ctrl-C, which does not end it")
        context.exit(_follow(client, inquiry.inquiry_id, None, as_json))


def client_of(url: str | None, key_file: Path, key_id: str | None) -> Client:
    """A client with this key: for the gateway given, else COMITY_GATEWAY, else this installation's."""
    # Here, because it is slow to import and `--help` does not need it.
    from comity.law.signing import key_id_of, public_half
    from comity.web.client import Client

    private_key = read_private_key(key_file)
    address = url or os.environ.get(ENVIRONMENT)
    try:
        settings = load_settings()  # it sets the clock of a rehearsal, too
    except NotFound as fault:
        if address is None:
            raise click.UsageError(f"say which gateway with --to or {ENVIRONMENT}") from fault
    else:
        address = address or f"http://{settings.bind}"
    return Client(
        address,
        key_id or key_id_of(public_half(private_key)),
        private_key,
        clock=clock,
        randomness=os.urandom,
    )


def _inquiry(inquiry_id: str | None, words: dict[str, Any], *, follow: bool) -> Inquiry:
    from comity.disclosure.inquiry import Inquiry

    for name in ("officer", "purpose", "see"):
        if not words[name]:
            raise click.UsageError(f"--{name} is missing")
    return Inquiry(
        inquiry_id=inquiry_id or os.urandom(12).hex(),
        officer=words["officer"],
        purpose=_purpose(words["purpose"]),
        data_classes=_classes(words["see"]),
        query=_standing_query(words) if follow else _query(words),
        on_behalf_of=_behalf(words["behalf"]),
        case_number=words["case_number"],
        legal_basis=words["legal_basis"],
    )


def _purpose(text: str) -> Purpose:
    try:
        return Purpose(text)
    except ValueError as fault:
        allowed = ", ".join(purpose.value for purpose in Purpose)
        raise click.UsageError(f"`{text}` is no purpose; these are: {allowed}") from fault


def _classes(text: str) -> tuple[DataClass, ...]:
    try:
        return tuple(DataClass(word.strip()) for word in text.split(","))
    except ValueError as fault:
        allowed = ", ".join(data_class.value for data_class in DataClass)
        raise click.UsageError(f"{fault}; the data classes are: {allowed}") from fault


def _query(words: dict[str, Any]) -> Query:
    from comity.disclosure.inquiry import ByIdentifier, ByName

    given = [name for name in ("record_id", "state_id", "name", "list_words") if words[name]]
    if len(given) != 1:
        raise click.UsageError("give one of --record, --state-id, --name and --list")
    if words["list_words"]:
        return _list_query(words["list_words"])
    if words["name"]:
        sur_name, comma, given_name = words["name"].partition(",")
        if not comma:
            raise click.UsageError('write --name "SUR, GIVEN"')
        return ByName(sur_name.strip(), given_name.strip(), words["born"])
    return ByIdentifier(words["record_id"], words["state_id"])


def _list_query(given: tuple[str, ...]) -> Query:
    from comity.disclosure.inquiry import ByList

    found: dict[str, Any] = {}
    for one in given:
        word, equals, value = one.partition("=")
        if not equals or word not in _LIST_WORDS:
            raise click.UsageError(
                f"`{one}` is not WORD=VALUE with a word of: {', '.join(_LIST_WORDS)}"
            )
        field = _LIST_WORDS[word]
        if field in ("page", "page_size"):
            if not value.isdecimal():
                raise click.UsageError(f"`{word}` is a number")
            found[field] = int(value)
        elif field == "in_custody":
            if value not in ("yes", "no"):
                raise click.UsageError(f"`{word}` is yes or no")
            found[field] = value == "yes"
        else:
            found[field] = value
    return ByList(**found)


def _standing_query(words: dict[str, Any]) -> Query:
    from comity.disclosure.inquiry import ByStanding

    statute = dict(one.partition("=")[::2] for one in words["list_words"]).get("statute")
    records = tuple(part for part in (words["record_id"] or "").split(",") if part)
    state_ids = tuple(part for part in (words["state_id"] or "").split(",") if part)
    if not (records or state_ids or statute):
        raise click.UsageError("follow --record, --state-id or --list statute=…")
    return ByStanding(records, state_ids, statute)


def _behalf(text: str | None) -> OnBehalfOf | None:
    from comity.disclosure.inquiry import OnBehalfOf

    if text is None:
        return None
    ori, _, officer = text.partition("/")
    return OnBehalfOf(ori, officer or None)


def _follow(client: Client, inquiry_id: str, after: str | None, as_json: bool) -> int:
    from comity.web.stream import Closed

    for found in client.events(inquiry_id, after):
        if isinstance(found, Closed):
            if as_json:
                emit_json({"closed": found}, line=True)
            else:
                emit(found.words)
            return 0
        if as_json:
            emit_json({"event_id": found.event_id, "answer": found.answer}, line=True)
        else:
            emit(f"event {found.event_id}")
            _tell_answer(found.answer)
    return 0


def _tell(answer: Answer | Status | Standing, as_json: bool) -> int:
    """Print an answer; the exit code says whether anything was shown."""
    from comity.disclosure.answer import Answer
    from comity.web.fetch import Status

    shown = isinstance(answer, Answer) and bool(answer.shown)
    if as_json:
        emit_json(answer)
    elif isinstance(answer, Answer):
        _tell_answer(answer)
    elif isinstance(answer, Status):
        awaited = f", approval {answer.approval}" if answer.approval else ""
        emit(f"{answer.inquiry_id}: {answer.outcome}{awaited}")
        _tell_clauses(answer.clauses)
    else:
        emit(answer.words)
        _tell_clauses(answer.clauses)
    return 0 if shown else 1


def _tell_answer(answer: Answer) -> None:
    emit(answer.words)
    for one in answer.shown:
        emit()
        for data_class, fields in one.data.items():
            emit(f"  {data_class}:")
            _tell_fields(fields, "    ")
        for withheld in one.withheld:
            cited = ", ".join(
                f"clause {c['clause']} of {c['instrument']}" for c in withheld.clauses
            )
            emit(f"  {withheld.data_class}: {withheld.outcome} ({cited or 'no clause permits it'})")
    if answer.of is not None and answer.of > len(answer.shown):
        emit(f"page {answer.page}; {answer.of} records in all")
    emit()
    _tell_clauses(answer.clauses)
    entries = ", ".join(str(one.index) for one in answer.entries)
    emit(f"in the ledger as entry {entries}, under law {answer.law[:16]}… at {answer.at}")


def _tell_clauses(clauses: tuple[dict[str, str], ...]) -> None:
    for clause in clauses:
        emit(f"clause {clause['clause']} of {clause['instrument']}: {clause['title']}")


def _tell_fields(value: Any, indent: str, mark: str = "") -> None:
    """Fields one a line, what belongs together indented; `mark` begins an item of a list."""
    if isinstance(value, dict):
        for name, inner in value.items():
            lead, mark = indent + mark, " " * len(mark)
            if isinstance(inner, dict | list):
                emit(f"{lead}{name}:")
                _tell_fields(inner, indent + mark + "  ")
            else:
                emit(f"{lead}{name}: {inner}")
    elif isinstance(value, list):
        for inner in value:
            _tell_fields(inner, indent, "- ")
    else:
        emit(f"{indent}{mark}{value}")
