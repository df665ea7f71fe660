"""From the bytes of a body to an inquiry, or to a problem that says which word is wrong.

Words come from the closed lists of `comity.law.vocabulary` and from the fields of
`comity.disclosure.inquiry`; a word near one of them is suggested. Invariant: what
comes out can be decided: days exist, pages count from 1, a query points at
something of its kind. Does not: judge whether the inquiry is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from typing import Final

import msgspec

from comity.disclosure.inquiry import (
    ByIdentifier,
    ByList,
    ByName,
    ByStanding,
    Inquiry,
    OnBehalfOf,
    Query,
)
from comity.law.vocabulary import DataClass, Purpose, QueryKind
from comity.web.problems import ProblemRaised

PAGE_SIZE_MAX: Final = 200
WORD_LENGTH_MAX: Final = 200
"""Most characters of a name, number, statute or case number."""
STANDING_IDS_MAX: Final = 1000
"""Most records and state ids that one subscription may name."""

FIRST_YEAR, LAST_YEAR = 1800, 2999
"""Days beyond are mistakes, and not every day beyond has an instant."""

_DECODER: Final = msgspec.json.Decoder(Inquiry)
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)
_PLACE: Final = re.compile(r" - at `\$\.?([^`]*)`$")
_UNKNOWN_FIELD: Final = re.compile(r"Object contains unknown field `([^`]*)`")
_WRONG_WORD: Final = re.compile(r"Invalid (?:enum )?value '(.*)'", re.DOTALL)
_STRUCTS: Final = {"": Inquiry, "on_behalf_of": OnBehalfOf}
_QUERIES: Final = {
    QueryKind.IDENTIFIER.value: ByIdentifier,
    QueryKind.NAME.value: ByName,
    QueryKind.LIST.value: ByList,
    QueryKind.SUBSCRIPTION.value: ByStanding,
}
_WORDS: Final = {
    "purpose": tuple(purpose.value for purpose in Purpose),
    "data_classes": tuple(data_class.value for data_class in DataClass),
    "query.kind": tuple(kind.value for kind in QueryKind),
}


def read_inquiry(body: bytes) -> Inquiry:
    """Parse and check one inquiry.

    Raises ProblemRaised: malformed inquiry (400), unknown word (422) or unusable
    inquiry (422), each naming the field.
    """
    try:
        inquiry = _DECODER.decode(body)
    except msgspec.ValidationError as fault:
        raise _explain(str(fault), body) from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise ProblemRaised(
            "malformed-inquiry",
            f"the body is not JSON: {fault}",
            remedy="send one inquiry as in docs/gateway.md",
        ) from fault
    _check(inquiry)
    return inquiry


def _explain(message: str, body: bytes) -> ProblemRaised:
    """A decoder's message as a problem that names field, word and allowed words."""
    place = _PLACE.search(message)
    where = re.sub(r"\[[^\]]*\]", "", place[1]) if place else ""
    unknown = _UNKNOWN_FIELD.match(message)
    if unknown:
        struct = _QUERIES.get(_kind_in(body)) if where == "query" else _STRUCTS.get(where)
        allowed = struct.__struct_fields__ if struct is not None else ()
        field = f"{where}.{unknown[1]}" if where else unknown[1]
        return _unknown_word(field, unknown[1], "is not a field here", allowed)
    wrong = _WRONG_WORD.match(message)
    if wrong and where in _WORDS:
        return _unknown_word(where, wrong[1], f"is no {_CALLED[where]}", _WORDS[where])
    what = message[: place.start()] if place else message
    return ProblemRaised(
        "malformed-inquiry",
        what[:1].lower() + what[1:],
        where=where or None,
        remedy="/openapi.json has the schema",
    )


_CALLED: Final = {"purpose": "purpose", "data_classes": "data class", "query.kind": "kind of query"}


def _unknown_word(where: str, word: str, says: str, allowed: Iterable[str]) -> ProblemRaised:
    words = tuple(allowed)
    near = get_close_matches(word.casefold(), words, n=1, cutoff=0.5)
    shown = word if len(word) <= WORD_LENGTH_MAX else word[:WORD_LENGTH_MAX] + "…"
    return ProblemRaised(
        "unknown-word",
        f"`{shown}` {says}",
        where=where,
        remedy=f"did you mean `{near[0]}`?" if near else "use one of the allowed words",
        allowed=words,
    )


def _kind_in(body: bytes) -> str:
    try:
        kind = msgspec.json.decode(body)["query"]["kind"]
    except (msgspec.MsgspecError, KeyError, TypeError):
        return ""
    return kind if isinstance(kind, str) else ""


def _check(inquiry: Inquiry) -> None:
    if not _ID.fullmatch(inquiry.inquiry_id):
        raise _unusable("inquiry_id", "is not 1 to 64 letters, digits and ._:-")
    if not _ID.fullmatch(inquiry.officer):
        raise _unusable("officer", "is not 1 to 64 letters, digits and ._:-")
    behalf = inquiry.on_behalf_of
    if behalf is not None and behalf.officer is not None and not _ID.fullmatch(behalf.officer):
        raise _unusable("on_behalf_of.officer", "is not 1 to 64 letters, digits and ._:-")
    if behalf is not None:
        _check_text("on_behalf_of.ori", behalf.ori)
    if not inquiry.data_classes:
        raise _unusable("data_classes", "is empty", _WORDS["data_classes"])
    if len(set(inquiry.data_classes)) != len(inquiry.data_classes):
        raise _unusable("data_classes", "names a data class twice")
    _check_text("case_number", inquiry.case_number)
    _check_text("legal_basis", inquiry.legal_basis)
    _check_query(inquiry.query)


def _check_query(query: Query) -> None:
    match query:
        case ByIdentifier():
            if (query.record_id is None) == (query.state_id is None):
                raise _unusable("query", "needs one of `record_id` and `state_id`")
            _check_text("query.record_id", query.record_id)
            _check_text("query.state_id", query.state_id)
        case ByName():
            _check_text("query.sur_name", query.sur_name)
            _check_text("query.given_name", query.given_name)
            _check_day("query.birth_date", query.birth_date)
        case ByList():
            for name in ("charge_statute", "sur_name", "birthplace", "birthplace_not"):
                _check_text(f"query.{name}", getattr(query, name))
            _check_day("query.arrested_from", query.arrested_from)
            _check_day("query.arrested_until", query.arrested_until)
            if query.page < 1 or not 1 <= query.page_size <= PAGE_SIZE_MAX:
                raise _unusable(
                    "query.page", f"pages count from 1 and hold 1 to {PAGE_SIZE_MAX} records"
                )
        case ByStanding():
            if not (query.record_ids or query.state_ids or query.charge_statute is not None):
                raise _unusable("query", "follows nothing")
            if len(query.record_ids) + len(query.state_ids) > STANDING_IDS_MAX:
                raise _unusable("query", f"follows more than {STANDING_IDS_MAX} records")
            for text in (*query.record_ids, *query.state_ids):
                _check_text("query.record_ids", text)
            _check_text("query.charge_statute", query.charge_statute)


def _check_text(where: str, text: str | None) -> None:
    if text is None:
        return
    if not text.strip() or len(text) > WORD_LENGTH_MAX:
        raise _unusable(where, f"is empty or longer than {WORD_LENGTH_MAX} characters")


def _check_day(where: str, text: str | None) -> None:
    if text is None:
        return
    try:
        day = date.fromisoformat(text)
        well = day.isoformat() == text and FIRST_YEAR <= day.year <= LAST_YEAR
    except ValueError:
        well = False
    if not well:
        raise _unusable(where, "is not a day written as 2018-08-31")


def _unusable(where: str, what: str, allowed: tuple[str, ...] = ()) -> ProblemRaised:
    return ProblemRaised(
        "unusable-inquiry", f"`{where}` {what}", where=where, allowed=allowed, remedy="correct it"
    )
