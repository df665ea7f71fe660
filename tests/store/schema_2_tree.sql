-- Schema version 2, as Comity made it: one tree, and no codes yet. What a migration starts from; never changed.

CREATE TABLE tree (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    frontier BLOB NOT NULL CHECK (length(frontier) % 32 = 8)
) STRICT;

INSERT INTO tree (only, frontier) VALUES (1, zeroblob(8));

CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY CHECK (size >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    at   INTEGER NOT NULL
) STRICT;

CREATE TRIGGER checkpoint_never_changes BEFORE UPDATE ON checkpoint
BEGIN SELECT raise(ABORT, 'what was signed stays signed'); END;

CREATE TRIGGER checkpoint_never_goes BEFORE DELETE ON checkpoint
BEGIN SELECT raise(ABORT, 'what was signed stays signed'); END;

