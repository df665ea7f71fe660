-- People in custody and the papers that came for them: what `comity.store.sqlite.custody` keeps.
-- See docs/custody.md.
--
-- Everything that points to a person hangs on the record and goes with it when the record is
-- expunged (ON DELETE CASCADE). Instants are ms since 1970, UTC; entry is the index of the entry
-- in the ledger that says the same, made in the same transaction.
--
-- custody_paper      a paper on file. facts: JSON of comity.custody.paper.Paper. agency: the ORI
--                    of who sent it.
-- custody_document   the paper itself, as it was scanned: never read again by us, never indexed.
-- custody_statement  what staff established about the person; the last one counts.
-- custody_leaving    from when the person may leave, and why; the last one counts.
-- custody_choice     the custodian uses what the law allows, by name; ended_at: no longer.
-- custody_decision   one row a decision. The texts, not this row, say what was decided.
-- custody_task       what a ruling obliges somebody to do (JSON of comity.custody.duty.Task).
-- custody_step       a task closed (JSON of comity.custody.service.Step).
-- custody_departure  a person let go or handed over, and by whom.
-- custody_message    a signed message of an agency. It outlives the record, and so names nobody:
--                    answer (JSON) is what the law says of such a paper for somebody of whom
--                    nothing is known; body_digest is forgotten once a repeat is no longer
--                    answered, or with the paper.

CREATE TABLE custody_paper (
    paper_id     TEXT PRIMARY KEY,
    record_id    TEXT NOT NULL REFERENCES record (record_id) ON DELETE CASCADE,
    agency       TEXT NOT NULL,
    facts        BLOB NOT NULL,
    received_at  INTEGER NOT NULL,
    taken_in_by  TEXT NOT NULL,
    served_at    INTEGER,
    withdrawn_at INTEGER,
    entry        INTEGER NOT NULL REFERENCES entries (index_)
) STRICT;

CREATE INDEX custody_paper_of_record ON custody_paper (record_id);

CREATE TABLE custody_document (
    paper_id   TEXT PRIMARY KEY REFERENCES custody_paper (paper_id) ON DELETE CASCADE,
    digest     TEXT NOT NULL CHECK (length(digest) = 64),
    media_type TEXT NOT NULL,
    body       BLOB NOT NULL
) STRICT;

CREATE TABLE custody_statement (
    entry     INTEGER PRIMARY KEY REFERENCES entries (index_),
    record_id TEXT NOT NULL REFERENCES record (record_id) ON DELETE CASCADE,
    at        INTEGER NOT NULL,
    body      BLOB NOT NULL
) STRICT;

CREATE INDEX custody_statement_of_record ON custody_statement (record_id);

CREATE TABLE custody_leaving (
    entry     INTEGER PRIMARY KEY REFERENCES entries (index_),
    record_id TEXT NOT NULL REFERENCES record (record_id) ON DELETE CASCADE,
    at        INTEGER NOT NULL,
    leaves_at INTEGER NOT NULL,
    ground    TEXT NOT NULL,
    by        TEXT NOT NULL
) STRICT;

CREATE INDEX custody_leaving_of_record ON custody_leaving (record_id);

CREATE TABLE custody_choice (
    entry    INTEGER PRIMARY KEY REFERENCES entries (index_),
    paper_id TEXT NOT NULL REFERENCES custody_paper (paper_id) ON DELETE CASCADE,
    act      TEXT NOT NULL,
    by       TEXT NOT NULL,
    at       INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;

CREATE INDEX custody_choice_of_paper ON custody_choice (paper_id);
CREATE UNIQUE INDEX custody_choice_made ON custody_choice (paper_id, act) WHERE ended_at IS NULL;

CREATE TABLE custody_decision (
    entry     INTEGER PRIMARY KEY REFERENCES entries (index_),
    record_id TEXT NOT NULL REFERENCES record (record_id) ON DELETE CASCADE,
    at        INTEGER NOT NULL,
    law       TEXT NOT NULL
) STRICT;

CREATE INDEX custody_decision_of_record ON custody_decision (record_id);

CREATE TABLE custody_task (
    task_id  TEXT PRIMARY KEY,
    paper_id TEXT NOT NULL REFERENCES custody_paper (paper_id) ON DELETE CASCADE,
    body     BLOB NOT NULL,
    entry    INTEGER NOT NULL REFERENCES entries (index_)
) STRICT;

CREATE INDEX custody_task_of_paper ON custody_task (paper_id);

CREATE TABLE custody_step (
    task_id TEXT PRIMARY KEY REFERENCES custody_task (task_id) ON DELETE CASCADE,
    body    BLOB NOT NULL,
    entry   INTEGER NOT NULL REFERENCES entries (index_)
) STRICT;

CREATE TABLE custody_departure (
    entry     INTEGER PRIMARY KEY REFERENCES entries (index_),
    record_id TEXT NOT NULL REFERENCES record (record_id) ON DELETE CASCADE,
    at        INTEGER NOT NULL,
    by        TEXT NOT NULL,
    to_agency TEXT,
    paper_id  TEXT REFERENCES custody_paper (paper_id) ON DELETE SET NULL
) STRICT;

CREATE INDEX custody_departure_of_record ON custody_departure (record_id);
CREATE INDEX custody_departure_upon ON custody_departure (paper_id);

CREATE TABLE custody_message (
    ori         TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    body_digest TEXT,
    received_at INTEGER NOT NULL,
    answer      BLOB NOT NULL,
    entry       INTEGER NOT NULL REFERENCES entries (index_),
    paper_id    TEXT REFERENCES custody_paper (paper_id) ON DELETE SET NULL,
    PRIMARY KEY (ori, message_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX custody_message_of_paper ON custody_message (paper_id) WHERE paper_id IS NOT NULL;
CREATE INDEX custody_message_by_age ON custody_message (received_at) WHERE body_digest IS NOT NULL;

CREATE TRIGGER custody_message_forgets_the_paper BEFORE DELETE ON custody_paper
BEGIN UPDATE custody_message SET body_digest = NULL WHERE paper_id = old.paper_id; END;
