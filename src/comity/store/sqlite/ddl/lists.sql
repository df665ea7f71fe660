-- What lists are answered from: what `comity.store.sqlite.lists` keeps.
--
-- record_class     every tuple of closed words that a record has ever been decided by
--                  (attributes: canonical JSON of comity.disclosure.facts.record_attributes);
--                  it names nobody, and its number never comes to mean another.
-- record_listed    of each record its class, and what lists look for. In rows of its own, so
--                  that looking through many records reads none of what is held about them.

CREATE TABLE record_class (
    number     INTEGER PRIMARY KEY,
    attributes TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE record_listed (
    record      INTEGER PRIMARY KEY REFERENCES record (number) ON DELETE CASCADE,
    class       INTEGER NOT NULL REFERENCES record_class (number),
    arrested_at INTEGER,
    sur_key     TEXT,
    birthplace  TEXT
) STRICT;

-- Each holds enough to pass over a record that does not fit without reading its row.
CREATE INDEX record_listed_by_class ON record_listed (class, birthplace, arrested_at);
CREATE INDEX record_listed_by_name ON record_listed (sur_key, arrested_at, class)
    WHERE sur_key IS NOT NULL;
CREATE INDEX record_listed_by_arrest ON record_listed (arrested_at, class, birthplace)
    WHERE arrested_at IS NOT NULL;
