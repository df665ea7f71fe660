-- Codes by which a person opens the entries about themselves: what
-- `comity.store.sqlite.openings` keeps. See docs/openings.md.
--
-- opening_code  at most one a record. mark: SHA-256 of the code (disclosure/opening_code.py);
--               the code itself stands on the notice and nowhere else. made_at: ms since
--               1970, UTC. A row goes when the code is revoked or replaced, or with its record.

CREATE TABLE opening_code (
    record_id TEXT PRIMARY KEY REFERENCES record (record_id) ON DELETE CASCADE,
    mark      BLOB NOT NULL UNIQUE CHECK (length(mark) = 32),
    made_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
