-- Schema version 2, as Comity made it: a log a year, and codes. What a migration starts from; never changed.

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


CREATE TABLE opening_code (
    record_id TEXT PRIMARY KEY REFERENCES record (record_id) ON DELETE CASCADE,
    mark      BLOB NOT NULL UNIQUE CHECK (length(mark) = 32),
    made_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
