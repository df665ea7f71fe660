"""An act of law upon a text: adopt, vote, suspend, resume, revoke, with the signature of its party.

Source: docs/lifecycle.md; `comity.law.signing`. Invariants: the party signs with its own key, which
never comes here: the page gives the exact bytes, and takes the signature; one person of the law
department brings it, a second one records it; recording and confirming are one write job; letting a
text lapse is doing nothing, and the page says until when that is so. Does not: sign.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

import apsw
import msgspec

from comity.access.act import Act
from comity.access.policy import Step
from comity.errors import ComityError, NotFound, NotPermitted
from comity.instant import Instant, InstantError, format_instant, parse_instant, parse_local
from comity.law.instrument import Instrument
from comity.law.lifecycle import (
    Adopted,
    LawAct,
    Resumed,
    Revoked,
    Suspended,
    Voted,
    act_word,
    check_act,
    signers,
)
from comity.law.parse import parse_instrument
from comity.law.period import period_at
from comity.law.signing import signature_holds, signed_bytes
from comity.store.sqlite.law import record_act_in
from comity.store.sqlite.registry import Made
from comity.store.sqlite.two_people import Proposal, confirm, decline, proposal_of, propose, waiting
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Column, Page, Redirect, Shown, Table, When
from comity.web.pages.visit import Visit
from comity.web.portal.standings import STATUSES

DOS: Final = ("adopt", "vote to go on", "vote to end", "suspend", "resume", "revoke")
TEXT_MAX: Final = 300_000
ACT_FIELDS: Final = (
    Field("do", required=True, choices=DOS),
    Field("party", required=True),
    Field("at", most=30),
    Field("until", most=30),
    Field("signature", most=200),
    Field("step", required=True, choices=("prepare", "bring")),
    Field("text", most=TEXT_MAX, lines=True, secret=True),
)
DECIDE_FIELDS: Final = (Field("decision", required=True, choices=("record", "decline")),)


class Brought(msgspec.Struct, frozen=True):
    """What a proposal holds: the signed act, and the text where it is not on file yet."""

    act: LawAct
    text: str | None


class Prepared(msgspec.Struct, frozen=True):
    """An act that is to be signed: the bytes, and the fields that came with it."""

    do: str
    party: str
    at: str
    until: str
    bytes_base64: str
    says: str


class TextPage(msgspec.Struct, frozen=True):
    """A text with where it stands. `text` is that of a draft that is not on file."""

    ref: str
    title: str
    status: str
    since: Instant | None
    until: Instant | None
    ends_at: Instant | None
    notice_by: Instant | None
    unsigned: tuple[str, ...]
    parties: tuple[str, ...]
    dos: tuple[str, ...]
    on_file: bool
    prepared: Prepared | None = None
    text: str = ""
    waiting: tuple[str, ...] = ()


def text_page(visit: Visit) -> Page:
    """The page `/console/law/{ref}`. Raises NotFound."""
    return page_of(visit, visit.view.register.instrument(visit.path["ref"]), {})


def page_of(
    visit: Visit,
    text: Instrument,
    faults: dict[str, str],
    prepared: Prepared | None = None,
    draft: str = "",
) -> Page:
    """The page of a text on file, or of a draft that is to be signed."""
    register = visit.view.register
    on_file = text.ref in register.instruments
    standing = register.status(text.ref, visit.at) if on_file else None
    due = next(
        (one for one in register.decisions_due(visit.at, 100_000) if one.ref == text.ref), None
    )
    rows = tuple(
        (
            one.act,
            one.party,
            When(one.at),
            When(one.recorded_at),
            one.vote,
        )
        for one in (register.history(text.ref) if on_file else ())
    )
    columns = (
        Column("act", visit.text("Act")),
        Column("party", visit.text("Party")),
        Column("at", visit.text("Takes effect")),
        Column("recorded", visit.text("Recorded")),
        Column("vote", visit.text("Vote")),
    )
    shown = TextPage(
        text.ref,
        text.title,
        visit.text("Not on file") if standing is None else visit.text(STATUSES[standing.status]),
        None if standing is None else standing.since,
        None if standing is None else standing.until,
        None if due is None else due.ends_at,
        None if due is None else due.notice_by,
        register.unsigned(text.ref, visit.at) if on_file else signers(text),
        tuple(dict.fromkeys((*signers(text), *(party.id for party in text.parties)))),
        DOS if on_file else DOS[:1],
        on_file,
        prepared,
        draft,
        tuple(
            one.proposal_id
            for act in (Act.SIGN_LAW, Act.END_LAW)
            for one in waiting(visit.reader(), visit.at, act)
            if brought(one).act.ref == text.ref
        ),
    )
    return Page(
        template="console/law_text.html",
        title=visit.text("%(ref)s in the law department", ref=text.ref),
        data=shown,
        tables=(Table("acts", visit.text("What the parties did"), columns, rows),),
        status=422 if faults else 200,
        faults=faults,
    )


def act_upon(visit: Visit, form: Form) -> Shown:
    """Prepare the bytes of an act, or bring its signature for a second person to record."""
    draft = form["text"]
    ref = visit.path["ref"]
    register = visit.view.register
    if ref in register.instruments:
        text, draft = register.instrument(ref), ""
    elif draft:
        text = parse_instrument(draft, ref)
        if text.ref != ref:
            raise NotFound("the draft is of another text", where=text.ref)
    else:
        raise NotFound("there is no such text", where=ref)
    if form.faults:
        return page_of(visit, text, dict(form.faults), draft=draft)
    try:
        act = _act(visit, text, form)
        check_act(text, act)
    except (ComityError, InstantError) as fault:
        return page_of(visit, text, {"do": fault.sentence()}, draft=draft)
    says = signed_bytes(act)
    prepared = Prepared(
        form["do"],
        form["party"],
        format_instant(act.at),
        form["until"],
        base64.b64encode(says).decode(),
        says.partition(b"\0")[2].decode(),
    )
    if form["step"] == "prepare":
        return page_of(visit, text, {}, prepared, draft)
    whole = _signed(visit, act, form["signature"])
    if whole is None:
        said = "This is not the signature of that party over these bytes"
        return page_of(visit, text, {"signature": said}, prepared, draft)
    kind = act_of(whole)
    visit.demand(kind)
    body = msgspec.json.encode(Brought(whole, draft or None))
    proposal, _ = visit.write(lambda c: propose(c, kind, body, visit.made()))
    return Redirect(f"/console/law-proposals/{proposal.proposal_id}")


def _act(visit: Visit, text: Instrument, form: Form) -> LawAct:
    zone = text.term.time_zone
    at = _moment(form["at"], zone) if form["at"] else visit.at
    fields: dict[str, Any] = {
        "ref": text.ref,
        "digest": text.digest,
        "party": form["party"],
        "at": at,
        "recorded_at": visit.at,
    }
    match form["do"]:
        case "adopt":
            return Adopted(**fields)
        case "suspend":
            until = _moment(form["until"], zone) if form["until"] else None
            return Suspended(**fields, until=until)
        case "resume":
            return Resumed(**fields)
        case "revoke":
            return Revoked(**fields)
        case _:
            ends = (
                period_at(text.renewal.first_end, zone, at).end if text.renewal is not None else at
            )  # a text without periods is refused by `check_act`, in words
            return Voted(**fields, period_end=ends, yes=form["do"] == "vote to go on")


def _moment(written: str, zone: str) -> Instant:
    """An instant with an offset, or in the zone of the text. Raises InstantError."""
    if written.endswith("Z") or written[-6:-5] in ("+", "-"):
        return parse_instant(written)
    return parse_local(written, zone)


def _signed(visit: Visit, act: LawAct, given: str) -> LawAct | None:
    """The act with the signature, if one of the party's keys made it."""
    try:
        made = base64.b64decode("".join(given.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    for key in visit.view.register.party_keys.values():
        whole = msgspec.structs.replace(act, key_id=key.key_id, signature=made)
        if key.party == act.party and signature_holds(whole, key.public_key):
            return whole
    return None


def act_of(act: LawAct) -> Act:
    """The console's act that an act of law needs."""
    ends = isinstance(act, Revoked | Suspended) or (isinstance(act, Voted) and not act.yes)
    return Act.END_LAW if ends else Act.SIGN_LAW


def brought(proposal: Proposal) -> Brought:
    """What a proposal of an act of law holds."""
    return msgspec.json.decode(proposal.body, type=Brought)


class ProposalPage(msgspec.Struct, frozen=True):
    """An act that waits to be recorded, as the second person sees it."""

    ref: str
    act: str
    party: str
    at: Instant
    says: str
    proposed_by: str
    proposed_at: Instant
    until: Instant
    own: bool
    may_confirm: bool
    new_text: bool


def proposal_page(visit: Visit) -> Page:
    """The page `/console/law-proposals/{proposal}`. Raises NotFound."""
    return _proposal_page(visit, {})


def _proposal_page(visit: Visit, faults: dict[str, str]) -> Page:
    proposal = _proposal(visit)
    held = brought(proposal)
    own = proposal.proposed_by == visit.me.handle
    return Page(
        template="console/law_proposal.html",
        title=visit.text("An act of law waits"),
        data=ProposalPage(
            held.act.ref,
            act_word(held.act),
            held.act.party,
            held.act.at,
            signed_bytes(held.act).partition(b"\0")[2].decode(),
            proposal.proposed_by,
            proposal.proposed_at,
            proposal.until,
            own,
            _may_confirm(visit, proposal),
            held.text is not None,
        ),
        status=422 if faults else 200,
        faults=faults,
    )


def decide_proposal(visit: Visit, form: Form) -> Shown:
    """Record the act as the second person, or decline it."""
    if form.faults:
        return _proposal_page(visit, dict(form.faults))
    proposal = _proposal(visit)
    made = visit.made()
    if form["decision"] == "decline":
        visit.write(lambda c: decline(c, proposal.proposal_id, proposal.act, made))
        return Redirect("/console/law")
    if not _may_confirm(visit, proposal):
        raise NotPermitted("whoever brought this cannot record it")
    try:
        visit.write(lambda c: _recorded(c, proposal, made))
    except ComityError as fault:
        return _proposal_page(visit, {"decision": fault.sentence()})
    return Redirect(f"/console/law/{brought(proposal).act.ref}")


def _recorded(connection: apsw.Connection, proposal: Proposal, made: Made) -> None:
    held = brought(confirm(connection, proposal.proposal_id, proposal.act, made))
    text = None if held.text is None else parse_instrument(held.text, held.act.ref)
    record_act_in(connection, held.act, randomness=made.randomness, recorded_at=made.at, text=text)


def _may_confirm(visit: Visit, proposal: Proposal) -> bool:
    strong = visit.found is not None and visit.found.strong
    return visit.house.console.decide(
        visit.me,
        proposal.act,
        strong=strong,
        step=Step.CONFIRM,
        own_proposal=proposal.proposed_by == visit.me.handle,
    ).permitted


def _proposal(visit: Visit) -> Proposal:
    found = proposal_of(visit.reader(), visit.path["proposal"])
    if found is None or found.act not in (Act.SIGN_LAW, Act.END_LAW) or not found.waits(visit.at):
        raise NotFound("no such proposal waits")
    return found
