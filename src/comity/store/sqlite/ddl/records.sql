-- Records and the events that made them: what `comity.store.sqlite.records` keeps.
--
-- record           the record as it stands (doc: JSON of comity.records.record.Record), with
--                  what inquiries look for beside it. Instants are ms since 1970, UTC. Other
--                  tables point to number: records that are alive at one time have numbers
--                  close together, which keeps the pages that a batch touches few.
-- record_statute   the statutes charged in a record, for lists by charge.
-- event            every event taken in, once (source, event_id); position is the order of
--                  arrival and never used again, so that a subscriber can resume from it.
-- quarantine       messages that are no events, with the reason and what may be kept of them;
--                  form says how to try again. A row goes when it is tried again with
--                  success, or when the record it names is expunged.
-- rejected_field   how often a field was dropped at the door, by name; no value is kept.
-- tombstone        HMAC-SHA256 of the id of each expunged record under store_key, which names
--                  nobody to one who does not hold the key, and nobody at all without an id to try.

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
