"""Where records, law, registry and entries are kept, behind the protocols of the packages above."""
