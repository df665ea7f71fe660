-- Who may sign in to the pages, and who is: what `comity.store.sqlite.accounts`, `sessions` and
-- `two_people` keep. See docs/faces.md, decisions/0022-faces.md.
--
-- account          a handle of the custodian's, never a person's name. password: Argon2id in PHC
--                  string format, NULL for whoever signs in otherwise. must_change: it was made by
--                  somebody else. code_secret, code_step: of the second factor (RFC 6238), and the
--                  last step that was used; code_enrolled 0 until a code of it was shown right.
--                  failures, locked_until: comity.access.lockout. subject: at the identity provider.
-- account_session  digest: SHA-256 of the cookie, so that this table makes nobody's cookie.
-- account_passkey  public keys only. sign_count: the last that the authenticator told.
-- challenge        what a visitor's authenticator, or identity provider, is to answer; used once.
-- two_people       an act that one proposes and another confirms. body: what it is about, as JSON;
--                  where that is a record, it goes with the record.
-- face_key         number 0, made with the table: the key of the tokens in forms.

CREATE TABLE account (
    handle        TEXT PRIMARY KEY CHECK (length(handle) BETWEEN 1 AND 64),
    ori           TEXT REFERENCES agency (ori),
    officer       TEXT,
    subject       TEXT UNIQUE,
    since         INTEGER NOT NULL,
    disabled_at   INTEGER,
    password      TEXT,
    must_change   INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1)),
    code_secret   BLOB CHECK (length(code_secret) = 20),
    code_enrolled INTEGER NOT NULL DEFAULT 0 CHECK (code_enrolled IN (0, 1)),
    code_step     INTEGER,
    failures      INTEGER NOT NULL DEFAULT 0,
    locked_until  INTEGER,
    CHECK ((ori IS NULL) = (officer IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE account_role (
    handle TEXT NOT NULL REFERENCES account (handle),
    role   TEXT NOT NULL,
    PRIMARY KEY (handle, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE account_session (
    digest     BLOB PRIMARY KEY CHECK (length(digest) = 32),
    handle     TEXT NOT NULL REFERENCES account (handle),
    method     TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX account_session_of ON account_session (handle);

CREATE TABLE account_passkey (
    credential_id BLOB PRIMARY KEY,
    handle        TEXT NOT NULL REFERENCES account (handle),
    public_key    BLOB NOT NULL,
    sign_count    INTEGER NOT NULL,
    name          TEXT NOT NULL,
    added_at      INTEGER NOT NULL,
    used_at       INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX account_passkey_of ON account_passkey (handle);

CREATE TABLE challenge (
    digest  BLOB NOT NULL CHECK (length(digest) = 32),
    kind    TEXT NOT NULL,
    body    BLOB NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (digest, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE two_people (
    proposal_id  TEXT PRIMARY KEY,
    act          TEXT NOT NULL,
    body         BLOB NOT NULL,
    record_id    TEXT REFERENCES record (record_id) ON DELETE CASCADE,
    proposed_by  TEXT NOT NULL REFERENCES account (handle),
    proposed_at  INTEGER NOT NULL,
    until        INTEGER NOT NULL,
    ended_by     TEXT REFERENCES account (handle),
    ended_at     INTEGER,
    ended        TEXT CHECK (ended IN ('confirmed', 'withdrawn', 'declined')),
    CHECK ((ended IS NULL) = (ended_at IS NULL)),
    CHECK (ended IS NOT 'confirmed' OR ended_by <> proposed_by)
) STRICT, WITHOUT ROWID;

CREATE INDEX two_people_waiting ON two_people (until) WHERE ended IS NULL;

CREATE TABLE face_key (
    number INTEGER PRIMARY KEY CHECK (number = 0),
    key    BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;

INSERT INTO face_key (number, key) VALUES (0, randomblob(32));
