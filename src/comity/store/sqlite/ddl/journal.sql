-- The journal: what entries were decided on, in closed words. What `comity.store.sqlite.journal`
-- keeps. See docs/journal.md, decisions/0019-journal.md.
--
-- journal_clauses  what the numbers in lines mean under one law (its digest): the acts and the ids
--                  of the clauses' rules, in order, as JSON arrays. version: of what a line holds.
--                  key: digest of the other columns.
-- journal          one line for each record (or none) that an entry is about; part: 0, but where
--                  records that were refused together differ. at: ms since 1970, UTC. asked,
--                  about, ruled: JSON arrays (comity.disclosure.journal). about goes when the
--                  person is expunged, and is then x''; the rest of a line is about nobody.
-- incident         what this installation found wrong with itself, with the entry that says so.
--                  law: digest of the law it concerns.

CREATE TABLE journal_clauses (
    number  INTEGER PRIMARY KEY,
    key     BLOB NOT NULL UNIQUE CHECK (length(key) = 16),
    version INTEGER NOT NULL,
    law     TEXT NOT NULL,
    acts    BLOB NOT NULL,
    clauses BLOB NOT NULL
) STRICT;

CREATE TRIGGER journal_clauses_never_change BEFORE UPDATE ON journal_clauses
BEGIN SELECT raise(ABORT, 'what a line of the journal means never changes'); END;

CREATE TABLE journal (
    index_  INTEGER NOT NULL REFERENCES entries (index_),
    part    INTEGER NOT NULL CHECK (part >= 0),
    clauses INTEGER NOT NULL REFERENCES journal_clauses (number),
    at      INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    asked   BLOB NOT NULL,
    about   BLOB NOT NULL,
    ruled   BLOB NOT NULL,
    PRIMARY KEY (index_, part)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER journal_is_blanked_or_kept
BEFORE UPDATE ON journal
WHEN new.about <> x'' OR new.index_ <> old.index_ OR new.part <> old.part
  OR new.clauses <> old.clauses OR new.at <> old.at OR new.outcome <> old.outcome
  OR new.asked <> old.asked OR new.ruled <> old.ruled
BEGIN SELECT raise(ABORT, 'a line of the journal is kept, or blanked'); END;

CREATE TRIGGER journal_never_goes BEFORE DELETE ON journal
BEGIN SELECT raise(ABORT, 'a line of the journal is never deleted'); END;

CREATE TABLE incident (
    entry INTEGER PRIMARY KEY REFERENCES entries (index_),
    at    INTEGER NOT NULL,
    law   TEXT NOT NULL,
    what  TEXT NOT NULL
) STRICT;

CREATE TRIGGER incident_never_changes BEFORE UPDATE ON incident
BEGIN SELECT raise(ABORT, 'an incident stays as it was entered'); END;

CREATE TRIGGER incident_never_goes BEFORE DELETE ON incident
BEGIN SELECT raise(ABORT, 'an incident is never deleted'); END;
