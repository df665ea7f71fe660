"""Pages for the custodian's staff."""
