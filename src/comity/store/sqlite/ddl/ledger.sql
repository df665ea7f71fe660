-- The ledger: what `comity.store.sqlite.ledger` keeps. See docs/ledger.md.
--
-- entries         one row an entry, never changed and never deleted; index_ runs from 0
--                 without a gap. The 33 public bytes, the leaf hash for the transparency
--                 log (RFC 6962: SHA-256 of 0x00 and the entry), the four digests, and the
--                 two compartments that point to nobody, with their openings.
--                 The two that may point to a person stand apart (ddl/personal.sql), and go when
--                 the person's record is expunged; the entry stays and verifies.
-- shard           the logs, one a year (decisions/0014): entries from `first` on, up to the next
--                 one's, have their own Merkle tree, name and head. frontier: that of the tree over
--                 their leaf hashes (`merkle.Frontier.to_bytes`: the size, then a hash for each of
--                 its 1 bits); that of the last one moves with the entries, in the same transaction.
--                 year and origin are NULL until it is first signed.
-- checkpoint      the sizes of each log that were signed, each with its root and instant; the latest
--                 signed text itself is kept apart from this file (`comity.store.head`).
-- generation      counts changes of who may see what; a decision made under an older one
--                 must not become an entry.
-- once            keys that may be used once in a scope. expires: instant (ms since 1970,
--                 UTC) after which the row may be forgotten; 0 = never.

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
