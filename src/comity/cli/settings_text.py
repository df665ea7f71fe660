"""The settings in words: the page docs/settings.md and the file that `comity init` writes.

Invariant: both come from `comity.cli.settings.SETTINGS`; a test holds the page to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from comity.cli.settings import KINDS, SETTINGS, Setting

_WIDTH: Final = 96


def settings_file(given: Mapping[str, Any]) -> str:
    """The text of a `comity.toml`: what is `given` by dotted key, every default as a comment."""
    lines = ["# Settings of Comity. Lines behind # show the defaults; docs/settings.md explains."]
    section = ""
    for setting in SETTINGS:
        above, _, name = setting.key.rpartition(".")
        if above != section:
            section = above
            lines += ["", f"[{section}]"]
        lines += ["", *_comment(setting.says)]
        if setting.key in given:
            lines.append(f"{name} = {_toml(given[setting.key])}")
        else:
            lines.append(f"# {name} = {_toml(setting.default)}")
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """The page docs/settings.md, whole."""
    lines = [
        "# Settings",
        "",
        "Comity reads `comity.toml` in the folder where it is run, the file that the environment",
        "variable `COMITY_CONFIG` names, or the one given with `comity --config FILE`; `comity init`",
        "writes one. A relative path counts from the folder of the file. A key that is not listed",
        "here is an error, with the file, the line and the nearest key that exists.",
        "",
        "This page is written from `SETTINGS` in `src/comity/cli/settings.py`; a test holds it to it.",
        "",
        "| setting | is | default | means |",
        "|---|---|---|---|",
    ]
    lines += [_row(setting) for setting in SETTINGS]
    lines += [
        "",
        "## A whole file",
        "",
        "```toml",
        settings_file({"custodian": "philadelphia", "time_zone": "America/New_York"}).rstrip(),
        "```",
    ]
    return "\n".join(lines) + "\n"


def _row(setting: Setting) -> str:
    default = "must be given" if setting.default is None else f"`{_toml(setting.default)}`"
    return f"| `{setting.key}` | {KINDS[setting.kind]} | {default} | {setting.says} |"


def _toml(value: Any) -> str:
    """A scalar or list of texts as TOML, of which JSON's spelling of these is a part."""
    return json.dumps(value, ensure_ascii=False)


def _comment(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > _WIDTH:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return [f"# {line}" for line in lines]
