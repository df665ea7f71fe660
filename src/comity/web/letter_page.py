"""A letter as one HTML page: no script, its own small stylesheet, fit to be printed.

Source: HTML Living Standard; WCAG 2.2 AA (1.3.1, 1.3.2, 1.4.3, 1.4.10, 2.4.2, 2.4.6, 3.1.1,
3.1.2). Invariants: every character that comes from a letter is escaped; what came from outside
is isolated from the direction of the text around it (`bdi`); the page's own policy lets no script
run and nothing be loaded; the same letter gives the same bytes. Does not: add words of its own.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from typing import assert_never

from comity.custody.document import (
    Blanks,
    Block,
    Document,
    Heading,
    Items,
    Key,
    Paragraph,
    Quote,
    Run,
    Runs,
    Table,
    Terms,
)
from comity.web.letter_texts import letter_file


def letter_page(document: Document) -> str:
    """The whole page, to be saved, served or printed as it is. UTF-8."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'"
    body = "\n".join(_block(block) for block in document.blocks)
    first, *others = document.sender
    sender = f"<strong>{escape(first)}</strong>" + _lines(others)
    to = f'<p class="to">{_lines(document.to)}</p>\n' if document.to else ""
    return f"""<!doctype html>
<html lang="{escape(document.lang)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(document.title)}</title>
<style>{style}</style>
</head>
<body>
<main>
<address class="sender">{sender}</address>
<p class="date">{escape(document.date)}</p>
{to}<h1>{escape(document.title)}</h1>
{body}
<footer><p>{escape(document.template)}</p></footer>
</main>
</body>
</html>
"""


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"<h{block.level}>{_runs(block.runs)}</h{block.level}>"
        case Paragraph():
            role = "" if block.role == "body" else f' class="{escape(block.role)}"'
            return f"<p{role}>{_runs(block.runs)}</p>"
        case Quote():
            inner = "".join(f"<p>{_runs(runs)}</p>" for runs in block.paragraphs)
            return f"<blockquote>{inner}</blockquote>"
        case Items():
            return "<ul>" + "".join(f"<li>{_runs(runs)}</li>" for runs in block.items) + "</ul>"
        case Terms():
            rows = "".join(
                f"<dt>{_runs(name)}</dt><dd>{_runs(what)}</dd>" for name, what in block.rows
            )
            return f"{_heading(block.heading)}<dl>{rows}</dl>"
        case Table():
            return _table(block)
        case Key():
            return (
                f'<p class="key"><strong>{escape(block.label)}</strong> '
                f"<code>{escape(block.code)}</code></p>"
            )
        case Blanks():
            lines = "".join(
                f'<p class="blank">{escape(label)}: <span></span></p>' for label in block.labels
            )
            return _heading(block.heading) + lines
        case _:
            assert_never(block)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.head)
    rows = "".join(
        f'<tr><th scope="row">{_runs(first)}</th>'
        + "".join(f"<td>{_runs(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in table.rows
    )
    return (
        f"<table><caption>{escape(table.caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>" if text else ""


def _lines(lines: list[str] | tuple[str, ...]) -> str:
    return "".join(f"<span><bdi>{escape(line)}</bdi></span>" for line in lines)


def _runs(runs: Runs) -> str:
    return "".join(map(_run, runs))


def _run(run: Run) -> str:
    lang = f' lang="{escape(run.lang)}"' if run.lang else ""
    if run.value:
        return f"<bdi{lang}>{escape(run.text)}</bdi>"
    return f"<span{lang}>{escape(run.text)}</span>" if lang else escape(run.text)


@cache
def _style() -> str:
    return letter_file("letter.css").decode("utf-8")
