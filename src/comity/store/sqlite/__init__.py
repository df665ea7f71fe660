"""The embedded store: one SQLite file, one writer thread, group commit.

`database` opens the file and runs write jobs; the other modules are what is
kept in it, one concept each, with their tables in `ddl/`.
"""
