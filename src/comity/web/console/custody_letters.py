"""The answer to the agency that sent a paper, and the notice to the person it came for.

Source: docs/custody-letters.md. Invariants: a paper is decided, and the decision durable, before a
letter says anything of it; that a letter was made is an entry with its digest; a notice is in a
language for which somebody wrote a text, or in English with word to find an interpreter. Does not:
send or serve (`custody_duties`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.custody.agency_answer import agency_answer
from comity.custody.desk import PaperKept
from comity.custody.desk_matter import matter_of
from comity.custody.document import Document, document_digest
from comity.custody.matter import Matter, Office
from comity.custody.person_notice import person_notice
from comity.store.sqlite.custody import enter_letter
from comity.store.sqlite.custody_decide import settle
from comity.store.sqlite.custody_files import paper_on_file, sender
from comity.store.sqlite.openings import make_code
from comity.web.console.custody_place import basis_of, paper_path
from comity.web.letter_page import letter_page
from comity.web.letter_texts import NOTICE_LANGUAGES, answer_texts, notice_for
from comity.web.pages.form import Field, Form
from comity.web.pages.page import File, Page, Shown
from comity.web.pages.visit import Visit

NOTICE_FIELDS: Final = (
    Field("language", required=True, most=35),
    Field("attached", choices=("yes",)),
    Field("code", choices=("yes",)),
)


class LetterShown(msgspec.Struct, frozen=True):
    """The form before a letter. `languages`: those with a text of their own."""

    paper: str
    agency: str
    back: str
    languages: tuple[str, ...]


def letter(visit: Visit) -> Page:
    """The page `/console/papers/{paper}/letter`. Raises NotFound."""
    return _page(visit, "console/letter.html", visit.text("Answer to the agency"), {})


def notice(visit: Visit) -> Page:
    """The page `/console/papers/{paper}/notice`. Raises NotFound."""
    return _page(visit, "console/notice.html", visit.text("Notice to the person"), {})


def _page(visit: Visit, template: str, title: str, faults: dict[str, str]) -> Page:
    kept = paper_on_file(visit.reader(), visit.path["paper"])
    return Page(
        template=template,
        title=title,
        data=LetterShown(
            kept.paper_id, kept.agency, paper_path(kept.paper_id), tuple(NOTICE_LANGUAGES)
        ),
        status=422 if faults else 200,
        faults=faults,
    )


def write_letter(visit: Visit, _form: Form) -> File:
    """Decide, write the answer, and enter that it was made."""
    kept, matter = _matter(visit)
    return _made(visit, kept, agency_answer(matter, answer_texts()))


def write_notice(visit: Visit, form: Form) -> Shown:
    """Decide, write the notice, and enter that it was made."""
    if form.faults:
        title = visit.text("Notice to the person")
        return _page(visit, "console/notice.html", title, dict(form.faults))
    kept, matter = _matter(visit)
    chosen = notice_for(form["language"])
    code = None
    if form["code"]:
        drawn = visit.write(lambda c: make_code(c, matter.record, visit.made(), renew=True)[0])
        code = drawn.text
    document = person_notice(matter, chosen.phrases, code, attached=bool(form["attached"]))
    return _made(visit, kept, document)


def _matter(visit: Visit) -> tuple[PaperKept, Matter]:
    kept = paper_on_file(visit.reader(), visit.path["paper"])
    settled = settle(
        visit.database, kept.record_id, lambda: basis_of(visit), visit.time_zone, visit.made()
    )
    matter = matter_of(
        settled.file,
        settled.judged,
        kept,
        sender(basis_of(visit).registry, kept.agency, visit.at),
        Office(visit.house.custodian),
        settled.receipt.index,
    )
    return kept, matter


def _made(visit: Visit, kept: PaperKept, document: Document) -> File:
    visit.write(
        lambda c: enter_letter(
            c, kept.paper_id, document.kind, document_digest(document), visit.made()
        )
    )
    name = f"{kept.paper_id}-{document.kind.replace(' ', '-')}.html"
    return File(body=letter_page(document).encode(), media_type="text/html", name=name)
