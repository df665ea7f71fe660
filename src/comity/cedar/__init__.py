"""Cedar and nothing else: the fail-closed engine and what can be read off a policy."""
