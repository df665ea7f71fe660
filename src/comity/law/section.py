"""Markdown cut into numbered sections with their fenced blocks and prose.

Source: CommonMark, read by markdown-it; the section format of `docs/instruments.md`.
Invariants: a clause is a heading of the second or third level that begins with a
number; everything after the first clause belongs to a clause; nothing that a
reader of the rendered text does not see is accepted (HTML). Does not: read what
is in the blocks (`comity.law.parse`).
"""

from __future__ import annotations

import re
from typing import Final

import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token

from comity.law.problem import nearest
from comity.law.reading import Reading

BLOCKS: Final = ("cedar", "examples", "duty", "sets")

_NUMBERED: Final = re.compile(r"([1-9]\d*(?:\.[1-9]\d*)*)\.?(?:\s+(.*))?", re.DOTALL | re.ASCII)
_CLAUSE_TAGS: Final = ("h2", "h3")
_CITATION: Final = "Citation:"


class Fence(msgspec.Struct, frozen=True):
    """A fenced block. `line` (from 1) is that of its first content line."""

    kind: str
    text: str
    line: int


class Section(msgspec.Struct):
    """A numbered heading and what stands below it. `line` counts from 1."""

    number: str
    title: str
    level: int
    line: int
    prose: str = ""
    citation: str | None = None
    fences: list[Fence] = []


class _Piece(msgspec.Struct, frozen=True):
    """A top-level part of the text: its token, and the text of a heading or paragraph."""

    token: Token
    text: str
    start: int
    end: int


def read_sections(reading: Reading, body: str, offset: int) -> tuple[Section, ...]:
    """The clauses of a Markdown text that starts `offset` lines into its file."""
    tokens = MarkdownIt("commonmark").parse(body)
    _refuse_hidden(reading, tokens, offset)
    cutter = _Cutter(reading, body.split("\n"), offset)
    for piece in _pieces(tokens):
        cutter.take(piece)
    return cutter.finish()


def _pieces(tokens: list[Token]) -> list[_Piece]:
    found = []
    for position, token in enumerate(tokens):
        if token.level == 0 and token.map is not None and token.nesting >= 0:
            inline = tokens[position + 1] if token.nesting == 1 else None
            text = inline.content if inline is not None and inline.type == "inline" else ""
            found.append(_Piece(token, text, token.map[0], token.map[1]))
    return found


def _refuse_hidden(reading: Reading, tokens: list[Token], offset: int) -> None:
    """HTML is not shown to a reader, and a block in a list or quotation is not read by us."""
    for token in tokens:
        line = offset + (token.map[0] if token.map else 0) + 1
        html = token.type == "html_block" or any(
            child.type == "html_inline" for child in token.children or ()
        )
        if html:
            reading.problem(
                line, "HTML in an instrument: a reader does not see it", "write it as Markdown"
            )
        if token.type == "fence" and token.level > 0:
            reading.problem(
                line, "a block within a list or quotation decides nothing", "move it to the margin"
            )


class _Cutter:
    """Gathers sections as the parts of a text come by."""

    def __init__(self, reading: Reading, lines: list[str], offset: int) -> None:
        self._reading = reading
        self._lines = lines
        self._offset = offset
        self._sections: list[Section] = []
        self._current: Section | None = None
        self._kept: list[str] = []

    def take(self, piece: _Piece) -> None:
        token = piece.token
        if token.type == "heading_open" and self._heading(piece):
            return
        if token.type == "fence":
            self._fence(piece)
        elif self._current is not None:
            self._prose(self._current, piece)
        elif self._sections:
            self._problem(
                piece, "text that belongs to no clause", "put it under a numbered heading"
            )

    def finish(self) -> tuple[Section, ...]:
        self._close()
        chapters = {
            position
            for position, (section, below) in enumerate(
                zip(self._sections, self._sections[1:], strict=False)
            )
            if below.level > section.level and not section.prose and not section.fences
        }
        return tuple(
            section for position, section in enumerate(self._sections) if position not in chapters
        )

    def _heading(self, piece: _Piece) -> bool:
        """Whether a heading starts a clause or a group of clauses."""
        numbered = _NUMBERED.fullmatch(piece.text.strip())
        if numbered and piece.token.tag in _CLAUSE_TAGS:
            self._close()
            title = " ".join((numbered[2] or "").split())
            if not title:
                self._problem(piece, f"clause {numbered[1]} has no title", "say what it is about")
            level = int(piece.token.tag[1])
            self._current = Section(numbered[1], title, level, self._line(piece))
            self._sections.append(self._current)
            return True
        if numbered and piece.token.tag not in ("h1", *_CLAUSE_TAGS):
            self._problem(
                piece, "a numbered heading below the third level is no clause", "write `###`"
            )
        if piece.token.tag in ("h1", *_CLAUSE_TAGS):
            self._close()
            return True
        return False

    def _fence(self, piece: _Piece) -> None:
        kind = piece.token.info.strip()
        fault = self._fence_fault(piece, kind)
        if fault is not None:
            self._reading.rules_whole = False
            self._problem(piece, *fault)
        elif self._current is not None:
            self._current.fences.append(Fence(kind, piece.token.content, self._line(piece) + 1))

    def _fence_fault(self, piece: _Piece, kind: str) -> tuple[str, str] | None:
        """What is wrong with a block as such, and what to do, or None."""
        mark = piece.token.markup
        last = self._lines[piece.end - 1].strip() if piece.end > piece.start + 1 else ""
        if not (len(last) >= len(mark) and set(last) == {mark[0]}):
            return f"the block `{kind}` is never closed", f"end it with {mark}"
        if kind not in BLOCKS:
            what = f"unknown block `{kind}`" if kind else "a block that does not say what it is"
            return what, nearest(kind, BLOCKS)
        if self._current is None:
            return f"a `{kind}` block outside every clause", "put it under a numbered heading"
        if not piece.token.content.strip():
            return f"the `{kind}` block is empty", "fill it or remove it"
        return None

    def _prose(self, section: Section, piece: _Piece) -> None:
        if (
            piece.text.startswith(_CITATION)
            and not self._kept
            and section.citation is None
            and piece.token.type == "paragraph_open"
        ):
            section.citation = " ".join(piece.text.removeprefix(_CITATION).split()) or None
            return
        self._kept.append("\n".join(self._lines[piece.start : piece.end]).strip("\n"))

    def _close(self) -> None:
        if self._current is not None:
            self._current.prose = "\n\n".join(self._kept)
        self._current = None
        self._kept = []

    def _line(self, piece: _Piece) -> int:
        return self._offset + piece.start + 1

    def _problem(self, piece: _Piece, what: str, remedy: str) -> None:
        clause = self._current.number if self._current is not None else None
        self._reading.problem(self._line(piece), what, remedy, clause)
