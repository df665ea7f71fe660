"""What a text may ask about a matter at hand: the closed catalogue of facts, and the acts.

Source: the statutes and orders of reference by jurisdiction (`law/`), whose own words
the names follow. Invariants: a fact has one type and one meaning in every text; a word
compared with a closed list is of that list; all facts are optional, and a text that
reads one asks first whether it is given. Does not: say what follows (the texts do) or
hold anybody's citizenship or immigration status as an attribute of a person: facts of
that name say what *information* a rule is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec


class FactType(StrEnum):
    """The Cedar type of a fact. A `DAY` is the midnight (UTC) that begins it."""

    FLAG = "Bool"
    NUMBER = "Long"
    WORD = "String"
    WORDS = "Set<String>"
    DAY = "datetime"
    CONVICTION = "PriorConviction"
    CHARGE = "PendingCharge"


class Fact(msgspec.Struct, frozen=True):
    """A fact by name. `words` closes the list of what a `WORD` can be; empty leaves it open."""

    name: str
    type: FactType
    means: str
    words: tuple[str, ...] = ()


FORMS: Final = (
    "I-247", "I-247A", "I-247D", "I-247N", "I-247X", "I-200", "I-203", "I-205", "I-286", "I-862",
    "I-138", "EOIR-IJ", "NCIC-IVF", "AO-442", "AO-93", "BLACKIES", "STATE-WARRANT", "COURT-ORDER",
)  # fmt: skip
"""Papers by their form; those without a form number have a word of ours."""

SIGNERS: Final = (
    "immigration officer", "supervisory deportation officer", "field office director",
    "immigration judge", "us magistrate judge", "us district judge", "us circuit judge",
    "state judge", "clerk of court", "nobody",
)  # fmt: skip


def _flag(name: str, means: str) -> Fact:
    return Fact(name, FactType.FLAG, means)


def _number(name: str, means: str) -> Fact:
    return Fact(name, FactType.NUMBER, means)


def _word(name: str, means: str, *words: str) -> Fact:
    return Fact(name, FactType.WORD, means, words)


_OFFENCE: Final = (
    _word("grade", "grade by the law of the place: F1, M2, S"),
    _word("class", "class by the law of the place: A, B"),
    _word("section", "section of the code, as cited: PC 245"),
    _word("whole_section", "that section without its subdivisions; worked out where not given"),
    _flag("felony", "is a felony"),
    _flag("misdemeanor", "is a misdemeanor"),
    _flag("wobbler", "is punishable as misdemeanor or felony"),
    _flag("indictable", "is an indictable offence (New Jersey)"),
    _flag("disorderly_persons", "is a disorderly persons offence (New Jersey)"),
    _flag("state_prison", "is punishable by imprisonment in the state prison"),
    _flag("serious_felony", "is a serious or violent felony as the text defines it"),
    _flag("violent_or_serious", "is a violent or serious offence as the text defines it"),
    _flag("involves_violence", "involves violence"),
    _flag("reduced_by_initiative", "was made a misdemeanor by the initiative of 2014"),
    _flag("listed", "is in the text's own list of offences"),
    _flag("of_listed_kind", "is of a kind that the text lists without closing the list"),
)

CONVICTION: Final = (
    *_OFFENCE,
    _number("months_ago", "whole months since the conviction, a begun one counted"),
    _number("months_free", "as `months_ago`, months in prison not counted"),
    _flag(
        "released_after_this_conviction", "this is the conviction the person leaves custody after"
    ),
    _flag("juvenile_or_youthful", "is a juvenile or youthful offender adjudication"),
)
"""One conviction. Several are put to a text one by one: texts speak of *a* conviction."""

CHARGE: Final = _OFFENCE
"""One pending charge."""

PAPER: Final = (
    _word("instrument", "the form of the paper", *FORMS),
    _word("attached", "the form attached to it", *FORMS),
    _word("form", "the form of the detainer", *FORMS),
    _word("asked_by_form", "the form by which a thing is asked", *FORMS),
    _word("signed_by", "office of the one who signed", *SIGNERS),
    _word("offense", "the offence or statute the paper cites"),
    _flag("signed", "the paper is signed"),
    _flag("names_subject", "the paper names the person"),
    _flag("form_complete", "nothing is missing on the detainer"),
    _flag("supporting_affidavit", "an affidavit supplies what the form lacks"),
    _flag("served_on_subject", "a copy was served on the person"),
    _flag("detainer", "there is a detainer"),
    _flag("court_order", "there is an order of a court"),
    _word("court_order_basis", "the statute the court order rests on"),
    _flag("criminal_warrant", "a judicial warrant in a criminal case"),
    _flag("federal_criminal_warrant", "a judicial warrant of a federal court in a criminal case"),
    _flag("federal_judge_signed", "signed by an Article III judge or a magistrate judge"),
    _flag("state_judge_signed", "signed by a judge of a state court"),
    _word("final_order_signed_by", "who signed a final order of removal", *SIGNERS),
    _flag("lodged", "the order is lodged with the jail"),
    _flag("ice_says_outstanding_federal_felony_warrant", "the agency states such a warrant"),
    _word("ice_assessment", "the class in which the agency places the case"),
)

PERSON: Final = (
    _flag("magistrate_872_finding", "a magistrate found cause under Cal. Penal Code 872"),
    _word("registry", "a registry the person stands in now"),
    _word("aggravated_felony_paragraph", "letter within 8 U.S.C. 1101(a)(43)"),
    _word("adjudication", "an adjudication that is no conviction"),
    _number("age_years", "age in years at the conduct in question"),
    _word("disposition", "how the case ended"),
    _flag("tsdb_match", "a possible match in the terrorist screening database"),
    _flag("reentered_after_removal", "came back after a removal"),
    _flag("proof_of_lawful_status", "the person has shown proof of citizenship or lawful status"),
    _word("subject", "what the person is in this matter"),
    _flag("listed_crime_victim", "a victim or witness of a listed crime"),
    _flag("consent_form_given", "the written consent form was given before the interview"),
    _flag("consent_form_signed", "the written consent form was signed"),
    _flag("oral_explanation", "the form was also explained aloud"),
    _flag("advised_of_counsel", "told of the right to have counsel there"),
    _flag("consent_withdrawn", "consent was refused or withdrawn"),
    _number("days_to_release", "calendar days from now to the day of release"),
    _word("destination", "where a transfer goes", "in state", "out of state"),
    _flag("judicial_authorisation", "a judge authorised it"),
)

INFORMATION: Final = (
    _word("data", "what information a disclosure is of"),
    _word("field", "a field of the record system"),
    _flag("public", "the information is open to the public"),
    _flag("held_by_agency", "the agency holds the information at all"),
    _word("to", "who receives it"),
    _word("by", "who acts"),
    _word("counterparty", "the other side of an agreement"),
    _word("requester", "the agency that asks"),
    _word("from", "the agency a thing comes from"),
    _word("stated_purpose", "what it is for"),
    _word("matter", "criminal or noncriminal", "criminal", "noncriminal"),
    _word("system", "the system it comes from"),
    _word("rests_on", "what the inquiry rests on"),
    _flag("specific_person", "it is about one named person"),
    _flag("written_authorisation", "the person authorised it in writing"),
    _flag("exigent", "life or safety is at stake"),
    _flag("contemporaneous", "it is published with the event"),
    _flag("subject_currently_in_system", "the person is in the system now, for this offence"),
    _flag("limited_access", "a court limited access to the record"),
    _word("exception", "the exception that applies"),
    _flag("pending", "the case is pending"),
    _number("years_since_arrest", "whole years since the arrest"),
    _number("months_since_arrest", "whole months since the arrest"),
    _flag("holder_is_source", "who holds the information also collected it"),
    _flag("joint_investigation", "both agencies investigate together"),
    _flag("transferred_to_adult_court", "the juvenile case went to an adult court"),
    _flag("necessary_for_official_duties", "needed for official duties"),
    _flag("need_to_know", "the recipient needs to know"),
    _flag("right_to_know", "the recipient has a right to know"),
    _flag("record_exists", "there is a record"),
    _flag("requester_eligible", "the one who asks may be told"),
    _word("wanted", "what is asked for"),
    _flag("court_ordered", "a court orders it"),
    _flag("required_by_law", "a law requires it"),
    _flag("named_in_request", "the inquiry rests on a name or another identifying characteristic"),
)

OFFICE: Final = (
    _word("kind", "the kind of agreement, request or operation"),
    _word("custodian", "whose custody"),
    _word("agency", "the agency that is bound"),
    _word("policy", "a local policy, in words"),
    _word("local_policy", "what local policy says"),
    _number("circuit", "federal circuit"),
    _word("asks", "what is asked of a person"),
    _flag("connected_to_state_crime_investigation", "tied to a crime of the state"),
    _word("primary_purpose", "what a task force is mainly for"),
    _word("place", "where"),
    _word("model", "model of a 287(g) agreement", "JEM", "WSO", "TFM"),
    _flag("moa_active", "the memorandum of agreement is in force"),
    _word("moa", "the memorandum of agreement"),
    _flag("officer_credentialed", "the officer holds a current credential"),
    _word("duration", "stated duration of the agreement"),
    _flag("powers_listed", "the agreement lists powers and duties"),
    _word("supervisor_position", "stated supervising federal position"),
    _flag("has_287g", "has a 287(g) agreement"),
    _flag("requested_this_year", "asked for one this year"),
    _word("period", "the period of a report"),
    _number("received_count", "requests received in the period"),
    _flag("includes_names", "the report has names in it"),
    _flag("access_provided_last_year", "access was given in the year before"),
    Fact("languages", FactType.WORDS, "languages of a form, by two letters"),
    Fact("prior_recipients", FactType.WORDS, "who received the record before"),
    _word("ground", "what a thing rests on"),
    _flag("order", "a court ordered it"),
    _word("verdict", "the verdict of the court"),
    _flag("objection", "the Commonwealth objected"),
    _word("charge_disposition", "how the charge ended"),
    _word("conviction_grade", "grade of the conviction"),
    _flag("drug_felony", "a felony drug conviction that the text names as qualifying"),
    _flag("restitution_paid", "restitution is paid"),
    _number("years_free", "years free of conviction"),
    _number("years_since_judgment", "years since judgment"),
    _number("years_without_validation", "years since the information was validated"),
    _word("log_location", "where the listing is kept"),
    _word("juvenile_and_adult_records", "how the two are kept"),
    _word("event", "what happened in the system"),
    _number("age_days", "days since the entry was made"),
    _flag("mfa", "more than one factor was used"),
    _number("record_life_years", "years the record is kept"),
    _word("disclosure_basis", "the ground of the disclosure"),
    _word("official_statement", "how the official stated it", "oral", "written"),
    Fact("filed", FactType.DAY, "day of filing"),
    Fact("received", FactType.DAY, "day of receipt"),
)

MATTER: Final = (
    Fact("conviction", FactType.CONVICTION, "one conviction of the person"),
    Fact("charge", FactType.CHARGE, "one pending charge against the person"),
    *PAPER,
    *PERSON,
    *INFORMATION,
    *OFFICE,
)
"""Every fact that a custody act, or an act of the office, may be decided on."""

FACTS: Final[Mapping[str, Fact]] = {fact.name: fact for fact in MATTER}
CONVICTION_FACTS: Final[Mapping[str, Fact]] = {fact.name: fact for fact in CONVICTION}
CHARGE_FACTS: Final[Mapping[str, Fact]] = {fact.name: fact for fact in CHARGE}


class OfficeAct(StrEnum):
    """What an office does besides letting records be seen and keeping people: the rest of a regime."""

    MAKE_AGREEMENT = "make an agreement"
    KEEP_AGREEMENT = "keep an agreement"
    CHECK_AGREEMENT = "check an agreement"
    KEEP_POLICY = "keep a policy"
    GIVE_ACCESS = "give access"
    DISCLOSE = "disclose"
    DISSEMINATE = "disseminate"
    PUBLISH = "publish"
    CONFIRM_EXISTENCE = "confirm existence"
    ASK_STATUS = "ask status"
    SEND_STATUS = "send status"
    TAKE_REQUEST = "take a request"
    ANSWER_REQUEST = "answer a request"
    TREAT_AS_BINDING = "treat as binding"
    USE_CONSENT_FORM = "use a consent form"
    HOLD_FORUM = "hold a forum"
    JOIN_TASK_FORCE = "join a task force"
    ASSIST = "assist"
    ARREST = "arrest"
    SERVE_WARRANT = "serve a warrant"
    QUESTION = "question"
    GIVE_SPACE = "give space"
    BOOK = "book"
    REPORT = "report"
    COLLECT = "collect"
    STORE = "store"
    RETAIN = "retain"
    KEEP_LISTING = "keep the listing"
    EXPUNGE = "expunge"
    LIMIT_ACCESS = "limit access"
    DECIDE_CHALLENGE = "decide a challenge"
    UPHOLD_CHALLENGE = "uphold a challenge"
    LOG = "log"
    DELETE_LOG = "delete a log"
    SIGN_IN = "sign in"
    KEEP_ACCOUNTING = "keep an accounting"
    SHOW_ACCOUNTING = "show an accounting"
    SUSPEND_ACCOUNTING = "suspend an accounting"
    FILL_ACCOUNTING = "fill an accounting"
