"""Who may do what on the pages, decided by Cedar like everything else.

Source: `console.cedar`, beside this file, over the schema below; a custodian may give another text.
Invariants: every act of `comity.access.act` is an action, in the groups of the roles that do it and,
where it takes two people, in that group; what Cedar cannot decide is refused
(`comity.cedar.engine`); a role that is not in the list is no valid entity. Does not: read the file,
or know sessions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from comity.access.account import Account, Role
from comity.access.act import Act
from comity.cedar.engine import Engine, Uid, Verdict
from comity.cedar.policy import PolicyInvalid
from comity.cedar.split import split_policies

CUSTODIAN: Final = ""
"""The agency of whoever belongs to the custodian, and of what is the custodian's."""


class Step(StrEnum):
    """How an act is done: by one person, or by one after the other."""

    ALONE = "alone"
    PROPOSE = "propose"
    CONFIRM = "confirm"


_RECORDS: Final = "of records"
_CUSTODY: Final = "of custody"
_LAW: Final = "of law"
_AUDIT: Final = "of audit"
_ADMINISTRATION: Final = "of administration"
_ANALYSTS: Final = "of analysts"
_TWO: Final = "takes two"
GROUPS: Final = (_RECORDS, _CUSTODY, _LAW, _AUDIT, _ADMINISTRATION, _ANALYSTS, _TWO)

ACTS: Final[Mapping[Act, tuple[str, ...]]] = {
    Act.OWN_ACCOUNT: (),
    Act.READ_QUEUE: (_RECORDS, _CUSTODY, _LAW, _AUDIT),
    Act.TAKE_WORK: (_RECORDS, _CUSTODY, _LAW),
    Act.READ_INQUIRY: (_RECORDS, _LAW, _AUDIT),
    Act.JUDGE_INQUIRY: (_RECORDS,),
    Act.READ_RECORD: (_RECORDS, _CUSTODY),
    Act.ACCOUNT_TO_PERSON: (_RECORDS,),
    Act.EXPUNGE: (_RECORDS, _TWO),
    Act.READ_FEEDS: (_RECORDS, _AUDIT, _ADMINISTRATION),
    Act.TEND_FEEDS: (_RECORDS,),
    Act.READ_BOARD: (_CUSTODY, _LAW, _AUDIT),
    Act.FILE_PAPER: (_CUSTODY,),
    Act.SERVE_NOTICE: (_CUSTODY,),
    Act.SIGN_LETTER: (_CUSTODY, _LAW),
    Act.RELEASE: (_CUSTODY,),
    Act.STOP_RELEASE: (_CUSTODY, _LAW, _TWO),
    Act.CLOSE_TASK: (_CUSTODY, _RECORDS, _LAW),
    Act.READ_LAW: (_RECORDS, _CUSTODY, _LAW, _AUDIT),
    Act.DRAFT_LAW: (_LAW,),
    Act.SIGN_LAW: (_LAW, _TWO),
    Act.END_LAW: (_LAW, _TWO),
    Act.READ_REGISTRY: (_RECORDS, _LAW, _AUDIT, _ADMINISTRATION),
    Act.CHANGE_REGISTRY: (_LAW,),
    Act.READ_CASES: (_LAW, _AUDIT),
    Act.JUDGE_CASE: (_LAW,),
    Act.REVIEW: (_AUDIT,),
    Act.RECORD_FINDING: (_AUDIT,),
    Act.OPEN_ENTRY: (_AUDIT, _LAW, _TWO),
    Act.READ_ACCOUNTS: (_AUDIT, _ADMINISTRATION),
    Act.CHANGE_ACCOUNTS: (_ADMINISTRATION,),
    Act.ASK: (_ANALYSTS,),
    Act.READ_OWN_INQUIRIES: (_ANALYSTS,),
    Act.ACKNOWLEDGE_RECALL: (_ANALYSTS,),
    Act.REPLY: (_ANALYSTS,),
}
"""Every act with its groups. What may be done by whom is said of groups in `console.cedar`."""


def takes_two(act: Act) -> bool:
    """Whether an act is proposed by one person and confirmed by another."""
    return _TWO in ACTS[act]


def _schema() -> str:
    roles = ", ".join(json.dumps(role.value) for role in Role)
    steps = ", ".join(json.dumps(step.value) for step in Step)
    lines = [
        f"entity Role enum [{roles}];",
        f"entity Step enum [{steps}];",
        "entity Account in [Role] { agency: String };",
        "entity Side { agency: String };",
        "type Done = { step: Step, strong: Bool, own_proposal: Bool };",
        *(f"action {json.dumps(group)};" for group in GROUPS),
    ]
    for act, groups in ACTS.items():
        above = f" in [{', '.join(map(json.dumps, groups))}]" if groups else ""
        lines.append(
            f"action {json.dumps(act.value)}{above} appliesTo"
            " { principal: [Account], resource: [Side], context: Done };"
        )
    return "\n".join(lines)


SCHEMA: Final = _schema()


class Console:
    """The policies of the pages. Raises PolicyInvalid where the text is not Cedar under the schema."""

    def __init__(self, text: str) -> None:
        policies = []
        for number, written in enumerate(split_policies(text), 1):
            policies.append((_id_of(written.source, number), written.source))
        if not policies:
            raise PolicyInvalid("console", ("there is no policy: nobody could do anything",))
        self._engine = Engine(SCHEMA, policies)

    def decide(
        self,
        account: Account,
        act: Act,
        *,
        strong: bool,
        agency: str | None = None,
        step: Step = Step.ALONE,
        own_proposal: bool = False,
    ) -> Verdict:
        """Whether this account may do the act.

        `agency` is whose side the page or the thing on it is of; None is the account's own.
        """
        own = account.ori or CUSTODIAN
        principal, side = Uid("Account", account.handle), Uid("Side", agency or own)
        entities = [
            {
                "uid": _uid(principal),
                "attrs": {"agency": own},
                "parents": [_uid(Uid("Role", role)) for role in sorted(account.roles)],
            },
            {
                "uid": _uid(side),
                "attrs": {"agency": own if agency is None else agency},
                "parents": [],
            },
            *({"uid": _uid(Uid("Role", role)), "attrs": {}, "parents": []} for role in Role),
        ]
        return self._engine.decide(
            principal=principal,
            act=act.value,
            resource=side,
            context={
                "step": {"__entity": {"type": "Step", "id": step.value}},
                "strong": strong,
                "own_proposal": own_proposal,
            },
            entities=json.dumps(entities),
        )


def _uid(uid: Uid) -> dict[str, str]:
    return {"type": uid.type, "id": uid.id}


def _id_of(source: str, number: int) -> str:
    marker = '@id("'
    start = source.find(marker)
    if start != 0:
        raise PolicyInvalid(f"console policy {number}", ("it begins with its @id",))
    return source[len(marker) : source.index('"', len(marker))]
