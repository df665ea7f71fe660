"""docs/receipts.md is true: its reader of receipts needs nothing of ours, and reads ours."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from comity.ledger.receipt import verify_receipt
from comity.ledger.shorthand import SAMPLE
from tests.ledger.opened import SealedLog

DOCS = Path(__file__).resolve().parents[2] / "docs"
SAMPLE_FILE = DOCS / "receipt-sample.txt"
(READER,) = re.findall(
    r"^```python\n(.*?)^```$", (DOCS / "receipts.md").read_text("utf-8"), re.M | re.S
)
LOG = SealedLog(5)


def test_the_sample_of_the_page_is_the_one_in_use() -> None:
    assert SAMPLE_FILE.read_bytes() == SAMPLE


@pytest.mark.parametrize("names", [(), ("decision",), ("content", "request", "decision")])
def test_the_reader_of_the_page_reads_our_receipts(names: tuple[str, ...], tmp_path: Path) -> None:
    assert "import comity" not in READER
    raw = LOG.receipt(3, names)
    file = tmp_path / "receipt.tlog-proof"
    file.write_bytes(raw)
    command = [sys.executable, "-I", "-c", READER, str(file), str(SAMPLE_FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    *told, commitment = done.stdout.splitlines()
    found = verify_receipt(raw, LOG.policy)
    assert commitment == found.commitment.hex()
    assert [line.partition(":")[0] for line in told] == list(names)
    for name, line in zip(names, told, strict=True):
        assert line == f"{name}: {LOG.stored(3).parts[_place(name)].decode()}"  # type: ignore[union-attr] # it is open


def _place(name: str) -> int:
    return ("subject", "content", "request", "decision").index(name)
