"""Who of the custodian's staff, and which outside analyst, may do what on the pages."""
