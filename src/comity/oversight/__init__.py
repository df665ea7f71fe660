"""Oversight: past inquiries in columns, drafts replayed over them, promises, lists, reports."""
