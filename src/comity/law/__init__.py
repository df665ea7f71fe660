"""Texts that govern: from the words that people sign to the clauses that decide."""
