"""Every page of the console."""

from __future__ import annotations

from typing import Final

from comity.web.console import account_pages, custody_pages, law_pages, records_pages
from comity.web.pages.face import Face

FACES: Final[tuple[Face, ...]] = (
    *records_pages.FACES,
    *custody_pages.CUSTODY,
    *law_pages.LAW,
    *account_pages.ACCOUNTS,
)
