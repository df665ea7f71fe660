"""The policies of the shipped law texts, cut out of their Markdown."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from comity.cedar.split import split_policies
from comity.cedar.symbolic.body import Body
from comity.law.schema import SCHEMA

LAW = Path(__file__).resolve().parents[3] / "law"
_FENCE = re.compile(r"^ *```cedar\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


@cache
def shipped(*folders: str) -> Body:
    """Every policy of some folders of `law/`, under ids of file and number."""
    policies = []
    for folder in folders:
        for path in sorted((LAW / folder).glob("*.md")):
            texts = "\n".join(_FENCE.findall(path.read_text("utf-8")))
            for number, written in enumerate(split_policies(texts), start=1):
                policies.append((f"{folder}/{path.stem}#{number}", written.source))
    assert policies
    return Body(SCHEMA, policies)
