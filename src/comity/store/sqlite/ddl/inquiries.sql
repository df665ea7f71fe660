-- What became of signed inquiries: what `comity.store.sqlite.inquiries` keeps.
--
-- Every instant is in ms since 1970, UTC. What was asked and answered is in the ledger;
-- here is only what a repeat, an approval or a standing inquiry needs.
--
-- inquiry       one row for each inquiry id an agency has used, for ever. body_digest:
--               SHA-256 of the signed body, hex, forgotten (NULL) once a repeat of the
--               same body is no longer answered again, because it outlives an expungement.
-- inquiry_held  an inquiry that awaits approval, with the body that was signed; the row
--               goes when the approved inquiry has been answered or the approval is refused.
-- subscription  a standing inquiry. event_after: position of the last event before it. body is
--               empty once it has ended.

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
