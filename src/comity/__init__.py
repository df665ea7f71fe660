"""Comity: the agreements under which a city shares its arrest and custody records, as software."""

__version__ = "0.1.0"
