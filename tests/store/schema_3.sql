-- Schema version 3, as Comity made it. What a migration starts from; never changed.

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

CREATE TABLE inquiry (
    ori         TEXT NOT NULL,
    inquiry_id  TEXT NOT NULL,
    body_digest TEXT,
    first_entry INTEGER NOT NULL REFERENCES entries (index_),
    entries     INTEGER NOT NULL CHECK (entries > 0),
    answered_at INTEGER NOT NULL,
    PRIMARY KEY (ori, inquiry_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX inquiry_by_digest_age ON inquiry (answered_at) WHERE body_digest IS NOT NULL;

CREATE TABLE inquiry_held (
    ori           TEXT NOT NULL,
    inquiry_id    TEXT NOT NULL,
    body          BLOB NOT NULL,
    key_id        TEXT NOT NULL,
    nonce         TEXT NOT NULL,
    held_at       INTEGER NOT NULL,
    approved_at   INTEGER,
    approved_by   TEXT,
    approval      INTEGER REFERENCES entries (index_),
    answered_at   INTEGER,
    PRIMARY KEY (ori, inquiry_id),
    FOREIGN KEY (ori, inquiry_id) REFERENCES inquiry (ori, inquiry_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE subscription (
    ori           TEXT NOT NULL,
    inquiry_id    TEXT NOT NULL,
    body          BLOB NOT NULL,
    key_id        TEXT NOT NULL,
    nonce         TEXT NOT NULL,
    opened_at     INTEGER NOT NULL,
    event_after   INTEGER NOT NULL,
    closed_at     INTEGER,
    closed_reason TEXT,
    PRIMARY KEY (ori, inquiry_id),
    FOREIGN KEY (ori, inquiry_id) REFERENCES inquiry (ori, inquiry_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE law_text (
    ref         TEXT PRIMARY KEY,
    digest      TEXT NOT NULL UNIQUE CHECK (length(digest) = 64),
    path        TEXT NOT NULL,
    canonical   TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    UNIQUE (ref, digest)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER law_text_never_changes BEFORE UPDATE ON law_text
BEGIN SELECT raise(ABORT, 'a text on file never changes: a changed text is a new version'); END;

CREATE TRIGGER law_text_never_goes BEFORE DELETE ON law_text
BEGIN SELECT raise(ABORT, 'a text on file is never deleted'); END;

CREATE TABLE party_key (
    key_id     TEXT PRIMARY KEY,
    party      TEXT NOT NULL,
    public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
    since      INTEGER NOT NULL,
    revoked_at INTEGER CHECK (revoked_at >= since)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER party_key_is_only_revoked BEFORE UPDATE ON party_key
WHEN old.revoked_at IS NOT NULL OR new.revoked_at IS NULL
    OR new.key_id IS NOT old.key_id OR new.party IS NOT old.party
    OR new.public_key IS NOT old.public_key OR new.since IS NOT old.since
BEGIN SELECT raise(ABORT, 'a key of a party is revoked once, and never changed'); END;

CREATE TRIGGER party_key_never_goes BEFORE DELETE ON party_key
BEGIN SELECT raise(ABORT, 'a key of a party is never deleted'); END;

CREATE TABLE law_act (
    position    INTEGER PRIMARY KEY CHECK (position >= 0),
    act         TEXT NOT NULL
                CHECK (act IN ('drafted', 'adopted', 'voted', 'suspended', 'resumed', 'revoked')),
    ref         TEXT NOT NULL,
    digest      TEXT NOT NULL,
    party       TEXT NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    period_end  INTEGER CHECK ((period_end IS NOT NULL) = (act = 'voted')),
    yes         INTEGER CHECK (yes IN (0, 1) AND (yes IS NOT NULL) = (act = 'voted')),
    until       INTEGER CHECK (until IS NULL OR act = 'suspended'),
    key_id      TEXT NOT NULL REFERENCES party_key (key_id),
    message     BLOB NOT NULL UNIQUE,
    signature   BLOB NOT NULL CHECK (length(signature) = 64),
    entry       INTEGER NOT NULL UNIQUE REFERENCES entries (index_),
    FOREIGN KEY (ref, digest) REFERENCES law_text (ref, digest)
) STRICT;

CREATE TRIGGER law_act_never_changes BEFORE UPDATE ON law_act
BEGIN SELECT raise(ABORT, 'an act of law never changes: another follows it'); END;

CREATE TRIGGER law_act_never_goes BEFORE DELETE ON law_act
BEGIN SELECT raise(ABORT, 'an act of law is never deleted'); END;

CREATE TABLE entries (
    index_           INTEGER PRIMARY KEY CHECK (index_ >= 0),
    commitment       BLOB NOT NULL CHECK (length(commitment) = 33),
    leaf_hash        BLOB NOT NULL CHECK (length(leaf_hash) = 32),
    subject_digest   BLOB NOT NULL CHECK (length(subject_digest) = 32),
    content_digest   BLOB NOT NULL CHECK (length(content_digest) = 32),
    request_digest   BLOB NOT NULL CHECK (length(request_digest) = 32),
    decision_digest  BLOB NOT NULL CHECK (length(decision_digest) = 32),
    request_opening  BLOB NOT NULL CHECK (length(request_opening) = 32),
    decision_opening BLOB NOT NULL CHECK (length(decision_opening) = 32),
    request_part     BLOB NOT NULL,
    decision_part    BLOB NOT NULL
) STRICT;

CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
BEGIN SELECT raise(ABORT, 'an entry of the ledger never changes'); END;

CREATE TRIGGER entries_never_go BEFORE DELETE ON entries
BEGIN SELECT raise(ABORT, 'an entry of the ledger is never deleted'); END;

CREATE TABLE shard (
    number   INTEGER PRIMARY KEY CHECK (number >= 0),
    first    INTEGER NOT NULL CHECK (first >= 0),
    year     INTEGER CHECK (year BETWEEN 1 AND 9999),
    origin   TEXT,
    frontier BLOB NOT NULL CHECK (length(frontier) % 32 = 8)
) STRICT;

INSERT INTO shard (number, first, frontier) VALUES (0, 0, zeroblob(8));

CREATE TRIGGER shard_is_named_once BEFORE UPDATE OF number, first, year, origin ON shard
WHEN old.number <> new.number OR old.first <> new.first OR old.year IS NOT NULL
BEGIN SELECT raise(ABORT, 'a log keeps its place, its year and its name'); END;

CREATE TRIGGER shard_ends_for_good BEFORE UPDATE OF frontier ON shard
WHEN old.number < (SELECT max(number) FROM shard)
BEGIN SELECT raise(ABORT, 'a log that another one has followed grows no more'); END;

CREATE TRIGGER shard_never_goes BEFORE DELETE ON shard
BEGIN SELECT raise(ABORT, 'a log is never deleted'); END;

CREATE TABLE checkpoint (
    shard INTEGER NOT NULL REFERENCES shard (number),
    size  INTEGER NOT NULL CHECK (size >= 0),
    root  BLOB NOT NULL CHECK (length(root) = 32),
    at    INTEGER NOT NULL,
    PRIMARY KEY (shard, size)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER checkpoint_never_changes BEFORE UPDATE ON checkpoint
BEGIN SELECT raise(ABORT, 'what was signed stays signed'); END;

CREATE TRIGGER checkpoint_never_goes BEFORE DELETE ON checkpoint
BEGIN SELECT raise(ABORT, 'what was signed stays signed'); END;

CREATE TABLE generation (
    only  INTEGER PRIMARY KEY CHECK (only = 1),
    value INTEGER NOT NULL CHECK (value >= 0)
) STRICT;

INSERT INTO generation (only, value) VALUES (1, 0);

CREATE TABLE once (
    scope   TEXT NOT NULL,
    key     TEXT NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX once_by_expiry ON once (expires) WHERE expires > 0;

CREATE TABLE opening_code (
    record_id TEXT PRIMARY KEY REFERENCES record (record_id) ON DELETE CASCADE,
    mark      BLOB NOT NULL UNIQUE CHECK (length(mark) = 32),
    made_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE entry_personal (
    index_ INTEGER PRIMARY KEY REFERENCES entries (index_),
    key    INTEGER,
    body   BLOB NOT NULL
) STRICT;

CREATE INDEX entry_personal_of_key ON entry_personal (key) WHERE key IS NOT NULL;

CREATE TRIGGER entry_personal_never_changes BEFORE UPDATE ON entry_personal
BEGIN SELECT raise(ABORT, 'the compartments of an entry are kept or destroyed, never changed'); END;

CREATE TABLE person_key (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    of     BLOB NOT NULL UNIQUE CHECK (length(of) = 16),
    key    BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;

CREATE TRIGGER person_key_never_changes BEFORE UPDATE ON person_key
BEGIN SELECT raise(ABORT, 'a key is kept or destroyed, never changed'); END;

INSERT INTO person_key (number, of, key) VALUES (0, zeroblob(16), randomblob(32));

CREATE TABLE person_mark (
    mark BLOB NOT NULL CHECK (length(mark) = 16),
    key  INTEGER NOT NULL REFERENCES person_key (number) ON DELETE CASCADE,
    PRIMARY KEY (mark, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX person_mark_of_key ON person_mark (key);

CREATE TABLE named_in (
    mark BLOB NOT NULL CHECK (length(mark) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('held', 'subscription', 'process')),
    ori  TEXT NOT NULL,
    id   TEXT NOT NULL,
    PRIMARY KEY (mark, kind, ori, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX named_in_by_place ON named_in (kind, ori, id);

CREATE TRIGGER held_names_nobody_any_more AFTER DELETE ON inquiry_held
BEGIN DELETE FROM named_in WHERE kind = 'held' AND ori = old.ori AND id = old.inquiry_id; END;

CREATE TABLE recall (
    expungement  INTEGER NOT NULL REFERENCES entries (index_),
    entry        INTEGER NOT NULL REFERENCES entries (index_),
    ori          TEXT NOT NULL,
    at           TEXT NOT NULL,
    expunged_at  TEXT NOT NULL,
    data_classes TEXT NOT NULL,
    clauses      TEXT NOT NULL,
    PRIMARY KEY (expungement, entry, ori)
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    number      INTEGER PRIMARY KEY,
    record_id   TEXT NOT NULL UNIQUE,
    person_id   TEXT NOT NULL,
    sur_key     TEXT,
    given_key   TEXT,
    birth_date  TEXT,
    state_id    TEXT,
    birthplace  TEXT,
    arrested_at INTEGER,
    in_custody  INTEGER NOT NULL,
    doc         BLOB NOT NULL
) STRICT;

CREATE INDEX record_of_person ON record (person_id);
CREATE INDEX record_by_name ON record (sur_key, given_key) WHERE sur_key IS NOT NULL;
CREATE INDEX record_by_state_id ON record (state_id) WHERE state_id IS NOT NULL;
CREATE INDEX record_by_arrest ON record (arrested_at) WHERE arrested_at IS NOT NULL;

CREATE TABLE record_statute (
    statute TEXT NOT NULL,
    record  INTEGER NOT NULL REFERENCES record (number) ON DELETE CASCADE,
    PRIMARY KEY (statute, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX record_statute_of_record ON record_statute (record);

CREATE TABLE event_source (
    number INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE event (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    source      INTEGER NOT NULL REFERENCES event_source (number),
    event_id    TEXT NOT NULL,
    record      INTEGER NOT NULL REFERENCES record (number) ON DELETE CASCADE,
    occurred_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    body        BLOB NOT NULL,
    UNIQUE (source, event_id)
) STRICT;

CREATE INDEX event_of_record ON event (record);

CREATE TABLE quarantine (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    source      TEXT NOT NULL,
    position    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    body        BLOB NOT NULL,
    form        TEXT NOT NULL CHECK (form IN ('line', 'signed', 'row')),
    record_id   TEXT,
    received_at INTEGER NOT NULL,
    UNIQUE (source, position, reason, body)
) STRICT;

CREATE INDEX quarantine_of_record ON quarantine (record_id) WHERE record_id IS NOT NULL;

CREATE TABLE rejected_field (
    name  TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT;

CREATE TABLE store_key (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    key  BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;

INSERT INTO store_key (only, key) VALUES (1, randomblob(32));

CREATE TABLE tombstone (
    mark        BLOB PRIMARY KEY CHECK (length(mark) = 32),
    expunged_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agency (
    ori              TEXT PRIMARY KEY CHECK (length(ori) = 9),
    name             TEXT NOT NULL,
    parent           TEXT REFERENCES agency (ori),
    criminal_justice INTEGER NOT NULL CHECK (criminal_justice IN (0, 1)),
    added_at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agency_party (
    ori      TEXT NOT NULL REFERENCES agency (ori),
    position INTEGER NOT NULL,
    party    TEXT NOT NULL,
    PRIMARY KEY (ori, position),
    UNIQUE (ori, party)
) STRICT, WITHOUT ROWID;

CREATE TABLE agency_suspension (
    ori    TEXT NOT NULL REFERENCES agency (ori),
    since  INTEGER NOT NULL,
    until  INTEGER CHECK (until >= since),
    reason TEXT NOT NULL,
    PRIMARY KEY (ori, since)
) STRICT, WITHOUT ROWID;

CREATE TABLE agency_key (
    key_id     TEXT PRIMARY KEY,
    public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
    ori        TEXT NOT NULL REFERENCES agency (ori),
    since      INTEGER NOT NULL,
    until      INTEGER CHECK (until > since),
    revoked_at INTEGER,
    source     TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE officer (
    ori     TEXT NOT NULL REFERENCES agency (ori),
    officer TEXT NOT NULL,
    since   INTEGER NOT NULL,
    until   INTEGER CHECK (until >= since),
    PRIMARY KEY (ori, officer, since)
) STRICT, WITHOUT ROWID;

CREATE TABLE process (
    process_id TEXT PRIMARY KEY,
    body       BLOB NOT NULL,
    salt       BLOB NOT NULL CHECK (length(salt) = 32),
    filed_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
