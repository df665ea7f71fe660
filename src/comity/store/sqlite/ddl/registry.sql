-- Who may speak to the gateway: what `comity.store.sqlite.registry` keeps. See docs/gateway.md.
--
-- Every instant is in ms since 1970, UTC; every period is [since, until), NULL = open.
-- No row here is ever deleted: what was so at an instant stays answerable. Each change is
-- one transaction with its sealed entry and a step of the generation.
--
-- process  a paper on file. salt: 32 random bytes; the entry of the filing commits to
--          SHA-256 of salt and body, so that destroying both destroys what it says. body is empty
--          once whom it names was expunged; its id is not used again.

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
