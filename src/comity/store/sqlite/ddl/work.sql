-- What desk and console keep beside entries: `comity.store.sqlite.work`. Names nobody.
--
-- recall_acknowledged  an agency says that it destroyed what a recall is about. expungement, entry,
--                      ori: the row of `recall`. acknowledgement: the entry that says so. by: the
--                      account that did.
-- inquiry_judged       what became of an inquiry that was held, with the clauses it was judged by
--                      (JSON of citations); approval: the entry of the judgement.
-- work_taken           who has taken a piece of the work queue; kind and key name it as the queue does.

CREATE TABLE recall_acknowledged (
    expungement     INTEGER NOT NULL REFERENCES entries (index_),
    entry           INTEGER NOT NULL REFERENCES entries (index_),
    ori             TEXT NOT NULL,
    acknowledgement INTEGER NOT NULL REFERENCES entries (index_),
    at              INTEGER NOT NULL,
    by              TEXT NOT NULL,
    PRIMARY KEY (expungement, entry, ori)
) STRICT, WITHOUT ROWID;

CREATE TABLE inquiry_judged (
    ori        TEXT NOT NULL,
    inquiry_id TEXT NOT NULL,
    approved   INTEGER NOT NULL CHECK (approved IN (0, 1)),
    clauses    TEXT NOT NULL,
    approval   INTEGER NOT NULL REFERENCES entries (index_),
    at         INTEGER NOT NULL,
    by         TEXT NOT NULL,
    PRIMARY KEY (ori, inquiry_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE work_taken (
    kind TEXT NOT NULL,
    key  TEXT NOT NULL,
    by   TEXT NOT NULL,
    at   INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX inquiry_of_agency ON inquiry (ori, first_entry);
