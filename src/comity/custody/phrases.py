"""The words of letters, as they come from a template: which there must be, and their slots.

Source: `web/letter_files/*.toml`; docs/custody-letters.md. Invariants: a template lacks no phrase
and has none that nobody reads; a phrase has the slots that are filled, each of them and no other;
a template says whether somebody reviewed it, who, and when; dates are written with the template's
own words. Does not: read files (`comity.web.letter_texts`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec

from comity.custody.document import LetterFaulty, plain, said, slots_of
from comity.instant import Instant, format_local
from comity.law.period import local_day

SLOTS: Final[Mapping[str, frozenset[str]]] = {
    "calendar.day": frozenset({"weekday", "month", "day", "year"}),
    "calendar.instant": frozenset({"weekday", "month", "day", "year", "time", "offset"}),
    "frame.page": frozenset({"page", "pages"}),
    "frame.date": frozenset({"date"}),
    "frame.reviewed": frozenset({"template", "by", "on"}),
    "frame.unreviewed": frozenset({"template"}),
    "notice.to": frozenset({"person"}),
    "notice.to_other": frozenset({"name", "person"}),
    "notice.lead": frozenset({"agency"}),
    "notice.code": frozenset({"see_at"}),
    "answer.lead": frozenset({"at"}),
    "answer.aside": frozenset({"text", "by"}),
    "answer.call": frozenset({"contact"}),
    "answer.check": frozenset({"entry", "law"}),
    "record.house_measure": frozenset({"within"}),
    "record.awaits": frozenset({"moment"}),
    "doing.done": frozenset({"when"}),
    "doing.done_until": frozenset({"when", "until"}),
    "doing.will_until": frozenset({"until"}),
}
"""The slots that are filled, by phrase; every other phrase has none."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing missing, nothing over."""


class Review(Strict, frozen=True):
    """Whether counsel and a speaker of the language have read a template, and when."""

    reviewed: bool
    by: str
    on: str


class Calendar(Strict, frozen=True):
    """How days and instants are written. `half_day` are the words for before and after noon."""

    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    day: str
    instant: str
    half_day: tuple[str, str]


class Frame(Strict, frozen=True):
    """What stands around every letter."""

    page: str
    date: str
    reviewed: str
    unreviewed: str


class Phrases(Strict, frozen=True):
    """What every template has."""

    template: str
    lang: str
    review: Review
    calendar: Calendar
    frame: Frame
    doing: Mapping[str, str]
    classes: Mapping[str, str]

    def instant(self, at: Instant, zone: str) -> str:
        """An instant as people there write it, with the offset of its zone."""
        return plain(said(self.calendar.instant, self._parts(at, zone)))

    def day(self, at: Instant, zone: str) -> str:
        """The day of an instant on the calendar of a place."""
        return plain(said(self.calendar.day, self._parts(at, zone)))

    def reviewed(self) -> str:
        """Which template this is, and who reviewed it."""
        if self.review.reviewed:
            slots = {"template": self.template, "by": self.review.by, "on": self.review.on}
            return plain(said(self.frame.reviewed, slots))
        return plain(said(self.frame.unreviewed, {"template": self.template}))

    def _parts(self, at: Instant, zone: str) -> dict[str, str]:
        local = format_local(at, zone)
        day = local_day(at, zone)
        hour = int(local[11:13])
        half = self.calendar.half_day[hour >= 12]
        return {
            "weekday": self.calendar.weekdays[day.weekday()],
            "month": self.calendar.months[day.month - 1],
            "day": str(day.day),
            "year": str(day.year),
            "time": f"{(hour + 11) % 12 + 1}:{local[14:16]} {half}",
            "offset": local[19:].replace("-", "\u2212"),
        }


class NoticeWords(Strict, frozen=True):
    """What the notice to the person says."""

    title: str
    to: str
    to_other: str
    lead: str
    attached: str
    paper_heading: str
    paper_agency: str
    paper_title: str
    paper_dated: str
    paper_received: str
    acts_heading: str
    acts_caption: str
    acts_asked: str
    acts_doing: str
    acts_law: str
    no_law: str
    told_heading: str
    told: str
    told_nothing: str
    know_heading: str
    know: tuple[str, ...]
    designee: str
    call_heading: str
    code_heading: str
    code_label: str
    code: str
    code_keep: str
    served_heading: str
    served: tuple[str, ...]
    served_note: str


class NoticePhrases(Phrases, frozen=True):
    """A template of the notice to the person."""

    notice: NoticeWords
    asks: Mapping[str, str]


class AnswerWords(Strict, frozen=True):
    """What the answer to the agency says."""

    title: str
    lead: str
    paper_heading: str
    paper_reference: str
    paper_title: str
    paper_dated: str
    paper_received: str
    paper_person: str
    entry: str
    acts_heading: str
    acts_caption: str
    acts_asked: str
    acts_doing: str
    acts_until: str
    acts_law: str
    no_until: str
    not_applicable: str
    no_law: str
    no_clause: str
    told_heading: str
    owed_heading: str
    law_heading: str
    words_text: str
    words_reconstruction: str
    words_memory: str
    aside_heading: str
    aside: str
    conflict_heading: str
    call_heading: str
    call: str
    check_heading: str
    check: str


class AnswerPhrases(Phrases, frozen=True):
    """A template of the answer to the agency."""

    answer: AnswerWords
    asks: Mapping[str, str]


class RecordWords(Strict, frozen=True):
    """What the record for the file says."""

    title: str
    matter_heading: str
    person: str
    record: str
    agency: str
    paper: str
    reference: str
    dated: str
    received: str
    named: str
    decided: str
    entry: str
    law: str
    acts_heading: str
    acts_caption: str
    acts_act: str
    acts_ruling: str
    acts_doing: str
    acts_until: str
    acts_law: str
    none: str
    known_heading: str
    known_caption: str
    known_class: str
    known_value: str
    known_told: str
    yes: str
    no: str
    duties_heading: str
    duties_caption: str
    duties_task: str
    duties_owner: str
    duties_due: str
    duties_state: str
    duties_law: str
    no_duties: str
    custodian_practice: str
    house_measure: str
    awaits: str
    no_due: str
    for_counsel: str
    late: str
    served_heading: str
    served_caption: str
    served_task: str
    served_how: str
    served_by: str
    served_to: str
    served_witness: str
    signed: str
    letters_heading: str
    letters_caption: str
    letters_kind: str
    letters_digest: str
    letters_template: str
    conflict_heading: str


class RecordPhrases(Phrases, frozen=True):
    """A template of the record for the file."""

    record: RecordWords


_WORDS_OF_ACTS: Final[Mapping[type[Phrases], tuple[tuple[str, ...], tuple[str, ...]]]] = {
    NoticePhrases: (
        ("hold", "notify release", "transfer", "interview", "enter"),
        ("done", "done_until", "will", "will_until", "open", "not", "no rule", "counsel"),
    ),
    AnswerPhrases: (
        ("hold", "notify release", "transfer", "interview", "enter", "tell status"),
        ("done", "will", "open", "not", "no rule", "counsel", "status"),
    ),
    RecordPhrases: ((), ("done", "will", "open", "not", "no rule", "counsel")),
}
_CLASSES: Final = ("release", "custody")
Words = TypeVar("Words", bound=Phrases)


def checked(kind: type[Words], raw: Mapping[str, Any], where: str) -> Words:
    """A template from its decoded file. Raises LetterFaulty, naming the phrase."""
    try:
        phrases = msgspec.convert(raw, kind)
    except msgspec.ValidationError as fault:
        raise LetterFaulty(str(fault), where=where, remedy="mend the template") from fault
    for fault_found in _faults(phrases, raw):
        raise LetterFaulty(fault_found, where=where, remedy="mend the template")
    return phrases


def _faults(phrases: Phrases, raw: Mapping[str, Any]) -> Iterator[str]:
    asks, doing = _WORDS_OF_ACTS[type(phrases)]
    for name, wanted in (("asks", asks), ("doing", doing), ("classes", _CLASSES)):
        have = raw.get(name, {})
        if set(have) != set(wanted):
            yield f"`{name}` must have exactly: {', '.join(wanted)}"
    for length, name in ((12, "months"), (7, "weekdays")):
        if len(getattr(phrases.calendar, name)) != length:
            yield f"`calendar.{name}` must have {length} names"
    review = phrases.review
    if {bool(review.by), bool(review.on)} != {review.reviewed}:
        yield "`review`: a reviewed template says by whom and on which day, another neither"
    for path, phrase in _phrases(raw, ""):
        if not phrase.strip() and not path.startswith("review."):
            yield f"`{path}` is empty"
        has, filled = slots_of(phrase), SLOTS.get(path, frozenset())
        if has - filled:
            yield f"`{path}`: nothing fills {{{min(has - filled)}}}"
        if filled - has:
            yield f"`{path}` leaves out {{{min(filled - has)}}}"


def _phrases(raw: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(raw, str):
        yield path, raw
    elif isinstance(raw, Mapping):
        for name, inner in raw.items():
            yield from _phrases(inner, f"{path}.{name}" if path else name)
    elif isinstance(raw, list):
        for inner in raw:
            yield from _phrases(inner, path)
