"""What a decision may look at: an inquiry, its principals and one record, as Cedar reads them.

Shapes are those of `comity.law.schema`. Invariants: the attributes of a record
are the same set whether or not there is a record, so that absence is decided by
the same clauses and with the same work (28 CFR 20.21(c)(2)); a hold never makes
a person charged; nothing here derives from where a person was born.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from comity.cedar.engine import Uid
from comity.cedar.value import Request
from comity.disclosure.inquiry import Asked, Inquirer, criteria, query_kind
from comity.instant import format_instant
from comity.law.vocabulary import Grade
from comity.records.record import CustodyStatus, Record

REGISTER: Final = Uid("Register", "register")
SOME_RECORD: Final = Uid("Record", "some record")
NO_RECORD: Final = Uid("Record", "none on file")

_GRAVITY: Final = {grade.value: position for position, grade in enumerate(Grade)}
_ENCODE: Final = msgspec.json.Encoder().encode
_CONVICTED: Final = frozenset({"convicted", "guilty", "guilty plea", "nolo contendere"})
_OVER: Final = frozenset({"acquitted", "dismissed", "withdrawn", "nolle prossed"})


def record_uid(record: Record | None) -> Uid:
    """The Cedar entity a record is decided as."""
    return NO_RECORD if record is None else Uid("Record", record.record_id)


def record_attributes(record: Record | None) -> dict[str, Any]:
    """The attributes of `Record` in the Cedar schema.

    `charged` means at least one charge that is not over; `convicted` means a
    conviction in this record or before it; `grade` is the gravest pending charge;
    `released_after` is this record's gravest conviction, a violent one before others.
    """
    if record is None:
        return {
            "on_file": False,
            "standing": "open",
            "juvenile": False,
            "charged": False,
            "convicted": False,
            "in_custody": False,
        }
    pending = [
        charge
        for charge in record.charges.values()
        if charge.disposition is None or charge.disposition.casefold() not in _OVER | _CONVICTED
    ]
    convictions = [
        charge
        for charge in record.charges.values()
        if charge.disposition is not None and charge.disposition.casefold() in _CONVICTED
    ]
    attributes: dict[str, Any] = {
        "on_file": True,
        "standing": record.standing.value,
        "juvenile": record.arrest is not None and record.arrest.juvenile,
        "charged": bool(pending),
        "convicted": bool(convictions) or bool(record.convictions),
        "in_custody": record.custody is not None
        and record.custody.status is CustodyStatus.IN_CUSTODY,
    }
    gravest = _gravest([charge.grade for charge in pending])
    if gravest is not None:
        attributes["grade"] = {"type": "Grade", "id": gravest}
    violent = _gravest([charge.grade for charge in convictions if charge.violent])
    released_after = violent or _gravest([charge.grade for charge in convictions])
    if released_after is not None:
        attributes["released_after"] = {
            "grade": {"type": "Grade", "id": released_after},
            "violent": violent is not None,
        }
    return attributes


def _gravest(grades: list[str | None]) -> str | None:
    known = [grade for grade in grades if grade in _GRAVITY]
    return min(known, key=_GRAVITY.__getitem__) if known else None


def principal_uid(inquirer: Inquirer) -> Uid:
    """The Cedar principal: an officer or system of an agency, else the agency itself."""
    if inquirer.officer is None:
        return Uid("Agency", inquirer.ori)
    kind = "System" if inquirer.system else "Officer"
    return Uid(kind, f"{inquirer.ori}/{inquirer.officer}")


def principal_entities(inquirer: Inquirer) -> list[dict[str, Any]]:
    """The principal with its agency and the parties that the agency represents."""
    agency = {
        "uid": {"type": "Agency", "id": inquirer.ori},
        "attrs": {"criminal_justice": inquirer.criminal_justice},
        "parents": [{"type": "Party", "id": party} for party in inquirer.parties],
    }
    parties = [
        {"uid": {"type": "Party", "id": party}, "attrs": {}, "parents": []}
        for party in inquirer.parties
    ]
    if inquirer.officer is None:
        return [agency, *parties]
    uid = principal_uid(inquirer)
    officer = {
        "uid": {"type": uid.type, "id": uid.id},
        "attrs": {"criminal_justice": inquirer.criminal_justice},
        "parents": [{"type": "Agency", "id": inquirer.ori}],
    }
    return [officer, agency, *parties]


def entity_slice(inquirer: Inquirer, resource: Uid, attributes: dict[str, Any]) -> str:
    """The handful of entities one decision needs, as Cedar entities JSON."""
    about = {
        "uid": {"type": resource.type, "id": resource.id},
        "attrs": attributes,
        "parents": [],
    }
    return _ENCODE([*principal_entities(inquirer), about]).decode()


def inquiry_context(asked: Asked) -> str:
    """The Cedar context of an inquiry, as JSON. An unusable basis is no basis."""
    return _ENCODE(context_facts(asked)).decode()


def seen_context(asked: Asked) -> Request:
    """The context alone, as the memory of verdicts looks at it."""
    return Request(_NOBODY, _NOBODY, _NOBODY, context_facts(asked), ())


def seen_entities(inquirer: Inquirer, resource: Uid, attributes: dict[str, Any]) -> Request:
    """The entities of one decision alone, as the memory of verdicts looks at them."""
    principal = principal_uid(inquirer)
    about = {"uid": {"type": resource.type, "id": resource.id}, "attrs": attributes}
    entities = [*principal_entities(inquirer), about]
    return Request(
        (principal.type, principal.id), _NOBODY, (resource.type, resource.id), {}, entities
    )


_NOBODY: Final = ("", "")


def context_facts(asked: Asked) -> dict[str, Any]:
    """The Cedar context of an inquiry, as values."""
    inquiry = asked.inquiry
    context: dict[str, Any] = {
        "at": {"__extn": {"fn": "datetime", "arg": format_instant(asked.at)}},
        "purpose": {"type": "Purpose", "id": inquiry.purpose.value},
        "query": {"type": "Query", "id": query_kind(inquiry.query).value},
        "criteria": [
            {"type": "Criterion", "id": criterion.value} for criterion in criteria(inquiry.query)
        ],
        "case_number": bool(inquiry.case_number),
        "approved": asked.approved,
        "standing_in": asked.on_behalf_of is not None,
    }
    if asked.basis is not None:
        context["basis"] = {
            "kind": {"type": "Process", "id": asked.basis.kind.value},
            "criminal": asked.basis.criminal,
            "verified": asked.basis.verified,
            "names_subject": asked.basis.names_subject,
        }
    return context
