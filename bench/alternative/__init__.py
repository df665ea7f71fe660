"""What a user would write instead of Comity: FastAPI, an async ORM, cedarpy, one commit each.

The same signed inquiry by record number gets the same answer under the same
Cedar policies: verify (RFC 9421, the http-message-signatures package), read
agency and record, decide each data class with prepared handles, redact, write
an audit row and the nonce, commit, answer. SQLite has the pragmas that Comity's
has (WAL, synchronous=FULL). Written as its libraries' own guides write it; it
keeps no commitments, no guard against law that changes meanwhile, and no
compartments that can be erased, all of which Comity's figure includes.
"""
