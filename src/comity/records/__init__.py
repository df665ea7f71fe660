"""What the custodian holds: records and the events that make them. Knows no law."""
