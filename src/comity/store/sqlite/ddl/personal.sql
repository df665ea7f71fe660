-- What may point to a person, and the keys it is kept under: what `comity.store.sqlite.personal`,
-- `named` and `recalls` keep. See docs/records.md, decisions/0015-per-person-keys.md.
--
-- entry_personal  subject and content of an entry, with their openings. key: the number of the
--                 person's key they are encrypted under (body: nonce, then AES-256-GCM, the index as
--                 associated data); NULL where the entry points to nobody (body: as it is). The
--                 row goes when the person is expunged. One whose key is not there is destroyed,
--                 too: so it is in a copy of the database that was made without `person_key`.
-- person_key      the keys, each of one record's person, or of whoever an inquiry that found
--                 nobody was about. of: keyed digest of all its handles. Number 0, made with the
--                 table, is the key of these digests, so that without this table nobody can try
--                 names on the marks. Numbers are never used again.
-- person_mark     keyed digests of the handles (comity.disclosure.about) that lead to a key.
-- named_in        keyed digests of the handles that lead to a held inquiry, an open subscription
--                 or a process on file; ori is '' for a process. Rows go with what they lead to.
-- recall          who was told what of somebody who was expunged, and which clauses oblige to tell
--                 them of it; names nobody. expungement, entry: places in the ledger, of the
--                 expungement and of the disclosure. data_classes, clauses: JSON.

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
