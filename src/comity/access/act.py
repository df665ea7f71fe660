"""What can be done on the pages of staff and analysts: a closed list, one Cedar action each.

Which role may do which is `console.cedar`; which acts take two people, too. Invariant: the values
are the ids of the Cedar actions. Does not: decide (`comity.access.policy`).
"""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    """One act on a page. `read` acts show, the others change something."""

    # Everybody who is signed in
    OWN_ACCOUNT = "own account"
    # Records
    READ_QUEUE = "read queue"
    TAKE_WORK = "take work"
    READ_INQUIRY = "read inquiry"
    JUDGE_INQUIRY = "judge inquiry"  # approve or deny what is held, as it was proposed
    READ_RECORD = "read record"
    ACCOUNT_TO_PERSON = "account to person"  # print what was disclosed about somebody
    EXPUNGE = "expunge"
    READ_FEEDS = "read feeds"
    TEND_FEEDS = "tend feeds"
    # Custody
    READ_BOARD = "read board"
    FILE_PAPER = "file paper"
    SERVE_NOTICE = "serve notice"
    SIGN_LETTER = "sign letter"
    RELEASE = "release"
    STOP_RELEASE = "stop release"
    CLOSE_TASK = "close task"
    # Law
    READ_LAW = "read law"
    DRAFT_LAW = "draft law"
    SIGN_LAW = "sign law"
    END_LAW = "end law"
    READ_REGISTRY = "read registry"
    CHANGE_REGISTRY = "change registry"
    READ_CASES = "read cases"
    JUDGE_CASE = "judge case"
    # Audit
    REVIEW = "review"
    RECORD_FINDING = "record finding"
    OPEN_ENTRY = "open entry"
    # Administration
    READ_ACCOUNTS = "read accounts"
    CHANGE_ACCOUNTS = "change accounts"
    # Outside analysts, of their own agency only
    ASK = "ask"
    READ_OWN_INQUIRIES = "read own inquiries"
    ACKNOWLEDGE_RECALL = "acknowledge recall"
    REPLY = "reply"
