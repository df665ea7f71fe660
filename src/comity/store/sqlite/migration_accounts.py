"""The step to schema version 6: accounts, sessions, passkeys and what takes two people.

Nothing that was there is touched: the tables, indexes and rows of `ddl/accounts.sql` are made as
they are there. Runs inside the transaction of the migration. Does not: set the version
(`comity.store.sqlite.migration`).
"""

from __future__ import annotations

from typing import Final

import apsw

from comity.store.sqlite.connection import schema_text

TABLES: Final = frozenset(
    {
        "account",
        "account_role",
        "account_session",
        "account_passkey",
        "challenge",
        "two_people",
        "face_key",
    }
)


def add_accounts(connection: apsw.Connection) -> None:
    """Make what `ddl/accounts.sql` says, in a file of version 5 that has none of it."""
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if there >= TABLES:
        # Made from the whole schema on the way from an older version, which makes no rows.
        connection.execute("INSERT OR IGNORE INTO face_key VALUES (0, randomblob(32))")
        return
    (text,) = (text for name, text in schema_text() if name == "accounts.sql")
    for _row in connection.execute(text):
        pass
