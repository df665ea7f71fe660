"""By when a duty is owed: the few forms of words that texts use, and the instant they come to.

Source: the `within` of duties in the texts (docs/custody-letters.md lists the forms).
Invariants: a form of words that is not in the list has no instant, and goes to counsel;
a limit is the first instant that is too late; where a day can be counted in two ways, the
shorter counts; a text that says only "promptly" gives no number, so the custodian's own
measure is taken and said to be that. Does not: say whether a duty arose (`comity.law.verdict`).
"""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from comity.instant import Instant
from comity.law.period import days_before, local_day, local_time

HOUR: Final = 3_600_000
AMOUNT_MAX: Final = 9_999
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_AMOUNT: Final = re.compile(r"([1-9]\d{0,3}) (hour|day)s?( before it)?", re.ASCII)
_BY_DAY: Final = re.compile(r"by ([1-9]\d?) ([A-Z][a-z]+)(?: (\d{4}))?", re.ASCII)


class Form(StrEnum):
    """How a limit is put. The values of those without a number are the words themselves."""

    UPON_RECEIPT = "upon receipt"
    AT_ONCE = "at once"
    PROMPTLY = "promptly"
    BEFORE_ANSWER = "before the answer leaves"
    WITH_ANSWER = "with the answer"
    BEFORE_INTERVIEW = "before the interview"
    BEFORE_RELEASE = "before the release"
    EACH_YEAR = "each year"
    REPORT_OF_THE_YEAR = "the report of the year"
    EACH_HALF_YEAR = "each half-year"
    EACH_QUARTER = "each quarter"
    AT_ALL_TIMES = "at all times"
    WHEN_ASKED = "when asked"
    HOURS = "hours"
    DAYS = "days"
    DAYS_BEFORE = "days before it"
    BY_DAY = "by a day"
    UNKNOWN = "unknown"


class Moment(StrEnum):
    """What a limit may hang on, other than the instant at which the duty arose."""

    ANSWER = "the answer"
    INTERVIEW = "the interview"
    RELEASE = "the release"
    EVENT = "the event"


class Within(msgspec.Struct, frozen=True):
    """A limit as read. `year` is None for a day that comes every year; `said` are the words."""

    form: Form
    said: str
    amount: int = 0
    day: int = 0
    month: int = 0
    year: int | None = None

    @property
    def awaits(self) -> Moment | None:
        """The moment before which the thing has to be done, if that is how it is put."""
        return _AWAITS.get(self.form)

    @property
    def standing(self) -> bool:
        """Whether the duty holds all the time, and is never over."""
        return self.form in (Form.AT_ALL_TIMES, Form.WHEN_ASKED)


class Measures(msgspec.Struct, frozen=True):
    """What the custodian takes words without a number to mean. These are no law."""

    promptly_hours: int = 24
    at_once_hours: int = 4


class Moments(msgspec.Struct, frozen=True):
    """When things happen; None is not known yet."""

    answer_at: Instant | None = None
    interview_at: Instant | None = None
    release_at: Instant | None = None
    event_at: Instant | None = None

    def of(self, moment: Moment) -> Instant | None:
        """The instant of one of them."""
        return {
            Moment.ANSWER: self.answer_at,
            Moment.INTERVIEW: self.interview_at,
            Moment.RELEASE: self.release_at,
            Moment.EVENT: self.event_at,
        }[moment]


_AWAITS: Final = {
    Form.BEFORE_ANSWER: Moment.ANSWER,
    Form.WITH_ANSWER: Moment.ANSWER,
    Form.BEFORE_INTERVIEW: Moment.INTERVIEW,
    Form.BEFORE_RELEASE: Moment.RELEASE,
    Form.DAYS_BEFORE: Moment.EVENT,
}
_WITH_NUMBER: Final = (Form.HOURS, Form.DAYS, Form.DAYS_BEFORE, Form.BY_DAY, Form.UNKNOWN)
_WORDS: Final = {form.value: form for form in Form if form not in _WITH_NUMBER}
_PERIOD_MONTHS: Final = {
    Form.EACH_YEAR: 12,
    Form.REPORT_OF_THE_YEAR: 12,
    Form.EACH_HALF_YEAR: 6,
    Form.EACH_QUARTER: 3,
}


def read_within(text: str) -> Within:
    """A limit from its words. Never raises: what is not in the list is `Form.UNKNOWN`."""
    said = " ".join(text.split())
    if said in _WORDS:
        return Within(_WORDS[said], said)
    amount = _AMOUNT.fullmatch(said)
    if amount and _plural_fits(said, int(amount[1])):
        if amount[3] is None:
            form = Form.HOURS if amount[2] == "hour" else Form.DAYS
            return Within(form, said, amount=int(amount[1]))
        if amount[2] == "day":
            return Within(Form.DAYS_BEFORE, said, amount=int(amount[1]))
    named = _BY_DAY.fullmatch(said)
    if named and named[2] in _MONTHS:
        day, month = int(named[1]), _MONTHS.index(named[2]) + 1
        year = None if named[3] is None else int(named[3])
        if _is_day(day, month, year):
            return Within(Form.BY_DAY, said, day=day, month=month, year=year)
    return Within(Form.UNKNOWN, said)


def limit(
    within: Within, arose: Instant, zone: str, moments: Moments, measures: Measures
) -> Instant | None:
    """The first instant that is too late, or None where there is none or it is not known yet."""
    if within.awaits is not None:
        return _before_moment(within, zone, moments.of(within.awaits))
    match within.form:
        case Form.UPON_RECEIPT | Form.AT_ONCE:
            return Instant(arose + measures.at_once_hours * HOUR)
        case Form.PROMPTLY:
            return Instant(arose + measures.promptly_hours * HOUR)
        case Form.HOURS:
            return Instant(arose + within.amount * HOUR)
        case Form.DAYS:
            return days_before(arose, zone, -within.amount)
        case Form.BY_DAY:
            return _by_day(within, arose, zone)
        case Form.EACH_YEAR | Form.REPORT_OF_THE_YEAR | Form.EACH_HALF_YEAR | Form.EACH_QUARTER:
            return _end_of_period(local_day(arose, zone), _PERIOD_MONTHS[within.form], zone)
        case _:
            return None


def is_house_measure(within: Within) -> bool:
    """Whether the number is the custodian's own, since the text gives none."""
    return within.form in (Form.UPON_RECEIPT, Form.AT_ONCE, Form.PROMPTLY)


def _before_moment(within: Within, zone: str, moment: Instant | None) -> Instant | None:
    if moment is None:
        return None
    match within.form:
        case Form.WITH_ANSWER:
            return Instant(moment + 1)
        case Form.DAYS_BEFORE:
            return days_before(moment, zone, within.amount)
        case _:
            return moment


def _by_day(within: Within, arose: Instant, zone: str) -> Instant:
    """The end of that day: the next one of its name, or the one in its year."""
    if within.year is not None:
        return _midnight(date(within.year, within.month, within.day) + timedelta(days=1), zone)
    year = local_day(arose, zone).year
    while True:
        if _is_day(within.day, within.month, year):
            end = _midnight(date(year, within.month, within.day) + timedelta(days=1), zone)
            if end > arose:
                return end
        year += 1


def _end_of_period(day: date, months: int, zone: str) -> Instant:
    """The end of the calendar year, half or quarter in which a day falls."""
    last = ((day.month - 1) // months + 1) * months
    after = date(day.year + 1, 1, 1) if last == 12 else date(day.year, last + 1, 1)
    return _midnight(after, zone)


def _midnight(day: date, zone: str) -> Instant:
    return local_time(day, time(0), zone)


def _plural_fits(said: str, amount: int) -> bool:
    return (said.split()[1][-1] == "s") == (amount != 1)


def _is_day(day: int, month: int, year: int | None) -> bool:
    try:
        date(2000 if year is None else year, month, day)
    except ValueError:
        return False
    return True
