"""The sample instrument of these tests, and small changes to it."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent
SAMPLE_PATH = HERE / "good" / "sample.md"
SAMPLE = SAMPLE_PATH.read_text("utf-8")


def changed(before: str, after: str, text: str = SAMPLE) -> str:
    """The sample with one passage changed; the passage must be there."""
    assert before in text, before
    return text.replace(before, after, 1)
