"""The only way out of the building.

A `Disclosure` can be made by `disclose` alone, and `disclose` demands the durable
receipt of the very entry that commits to the content. Invariants: what leaves is
read back out of the sealed content compartment, never taken from a record; the
receipt's commitment is the sealed entry's; the entry opens to its digests.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from comity.disclosure.decision import Decision, Outcome
from comity.errors import IntegrityFault
from comity.ledger.append import DurableReceipt
from comity.ledger.entry import SealedEntry, compartment_digest, opens

_DOOR: Final = object()


class NotDurable(IntegrityFault):
    """A receipt does not belong to the entry: nothing may leave."""


class Disclosure:
    """What left about one record: data classes with their fields, and the entry that says so."""

    __slots__ = ("data", "decision", "receipt")

    def __init__(
        self, data: dict[str, Any], decision: Decision, receipt: DurableReceipt, *, door: object
    ) -> None:
        if door is not _DOOR:
            raise TypeError("a Disclosure is made by `disclose` alone")
        self.data = data
        self.decision = decision
        self.receipt = receipt


def disclose(decision: Decision, sealed: SealedEntry, receipt: DurableReceipt) -> Disclosure:
    """Let the permitted data classes of one record leave, now that their entry is durable.

    Raises NotDurable where the receipt, the sealed bytes and the decision do not
    belong together.
    """
    if decision.outcome not in (Outcome.PERMIT, Outcome.PERMIT_REDUCED):
        raise NotDurable(
            f"the decision is `{decision.outcome.value}`: there is nothing to disclose"
        )
    if receipt.commitment != sealed.commitment or not opens(sealed.commitment, sealed.digests):
        raise NotDurable("the receipt is of another entry", where=f"entry {receipt.index}")
    if compartment_digest("content", sealed.openings[1], sealed.parts[1]) != sealed.digests[1]:
        raise NotDurable(
            "the content is not what the entry commits to", where=f"entry {receipt.index}"
        )
    data: dict[str, Any] = msgspec.json.decode(sealed.parts[1])["disclosed"]
    permitted = {data_class.value for data_class in decision.permitted}
    if not data.keys() <= permitted:
        raise NotDurable(
            f"the content holds {sorted(data.keys() - permitted)}, which the decision does not name",
            where=f"entry {receipt.index}",
        )
    return Disclosure(data, decision, receipt, door=_DOOR)
