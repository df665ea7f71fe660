"""Sealed entries, and what a store promises about them. Knows bytes, no people."""
