-- Texts, the parties' keys, and acts of law: what `comity.store.sqlite.law` keeps.
-- See docs/lifecycle.md.
--
-- Every instant is in ms since 1970, UTC. No row is ever deleted, and none is changed but
-- that a key is revoked, once: what was known when stays answerable. Each change is one
-- transaction with its sealed entry and a step of the generation.
--
-- law_text   one row a version of a text; canonical is exactly what the digest is over.
--            path is where the text was read from, for messages.
-- party_key  a key counts for acts recorded in [since, revoked_at), NULL = to this day.
-- law_act    position: the order of recording. at: from when the act takes effect, which the
--            party signed; recorded_at: when it became known here. message: the very bytes
--            that were signed, so that an auditor can check them with openssl alone.
--            entry: the entry of the ledger that says the same.

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
