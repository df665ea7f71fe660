"""The reference engine's rendering of a Cedar schema, read token by token.

Source: the grammar of Cedar schemas (docs.cedarpolicy.com, Schema grammar). Invariant: what
does not fit raises SchemaInvalid. Does not: resolve names (`comity.cedar.symbolic.declared`).
"""

from __future__ import annotations

import re
from typing import Any, Final, NoReturn

import msgspec

from comity.cedar.action import SchemaInvalid

_TOKEN: Final = re.compile(
    r'\s+|(?P<string>"(?:[^"\\]|\\.)*")|(?P<name>[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*(?:::(?="))?)'
    r"|(?P<mark>[{}\[\]<>,:;=?@()])",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_PLAIN: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}

Read = Any
"""A type as read: a name, ("set", type), or a mapping of name to (type, required)."""


class ReadType(msgspec.Struct, frozen=True):
    """A type's other name."""

    name: str
    type: Read
    space: str


class ReadEntity(msgspec.Struct, frozen=True):
    """An entity type as written."""

    name: str
    space: str
    members: tuple[str, ...] | None
    within: tuple[str, ...]
    shape: Read
    tags: Read


class ReadAction(msgspec.Struct, frozen=True):
    """An action as written."""

    id: str
    space: str
    within: tuple[str, ...]
    principals: tuple[str, ...]
    resources: tuple[str, ...]
    context: Read


class Reader:
    """Reads one rendering."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self.types: list[ReadType] = []
        self.entities: list[ReadEntity] = []
        self.actions: list[ReadAction] = []

    def read(self) -> Reader:
        """Read it all. Raises SchemaInvalid."""
        while self._peek():
            self._declaration("")
        return self

    def _declaration(self, space: str) -> None:
        while self._take_if("@"):
            self._next()
            if self._take_if("("):
                self._next()
                self._take(")")
        match self._next():
            case "namespace":
                inner = self._next()
                self._take("{")
                while not self._take_if("}"):
                    self._declaration(inner)
            case "type":
                name = self._full(space)
                self._take("=")
                self.types.append(ReadType(name, self._type(), space))
                self._take(";")
            case "entity":
                self._entity(space)
            case "action":
                self._action(space)
            case other:
                self._unread(other)

    def _entity(self, space: str) -> None:
        name = self._full(space)
        members: tuple[str, ...] | None = None
        within: tuple[str, ...] = ()
        shape = tags = None
        if self._take_if("enum"):
            members = tuple(unquoted(one) for one in self._list())
        if self._take_if("in"):
            within = self._list()
        if self._take_if("=") or self._peek() == "{":
            shape = self._type()
        if self._take_if("tags"):
            tags = self._type()
        self._take(";")
        self.entities.append(ReadEntity(name, space, members, within, shape, tags))

    def _action(self, space: str) -> None:
        if space:
            raise SchemaInvalid("actions within a namespace are not read for proofs")
        name = unquoted(self._next())
        within: tuple[str, ...] = ()
        if self._take_if("in"):
            within = self._list()
        principals: tuple[str, ...] = ()
        resources: tuple[str, ...] = ()
        context = None
        if self._take_if("appliesTo"):
            self._take("{")
            while not self._take_if("}"):
                key = self._next()
                self._take(":")
                match key:
                    case "principal":
                        principals = self._list()
                    case "resource":
                        resources = self._list()
                    case "context":
                        context = self._type()
                    case other:
                        self._unread(other)
                self._take_if(",")
        self._take(";")
        self.actions.append(ReadAction(name, space, within, principals, resources, context))

    def _type(self) -> Read:
        piece = self._next()
        if piece == "{":
            fields: dict[str, Read] = {}
            while not self._take_if("}"):
                while self._take_if("@"):
                    self._next()
                    if self._take_if("("):
                        self._next()
                        self._take(")")
                name = unquoted(self._next())
                required = not self._take_if("?")
                self._take(":")
                fields[name] = (self._type(), required)
                self._take_if(",")
            return fields
        if piece in {"Set", "__cedar::Set"} and self._take_if("<"):
            inner = self._type()
            self._take(">")
            return ("set", inner)
        return piece

    def _list(self) -> tuple[str, ...]:
        """Names or strings in brackets, or one alone; of `Action::"x"` the x."""
        if not self._take_if("["):
            return (self._listed(),)
        found = []
        while not self._take_if("]"):
            found.append(self._listed())
            self._take_if(",")
        return tuple(found)

    def _listed(self) -> str:
        piece = self._next()
        if piece.endswith("::"):
            if piece != "Action::":
                self._unread(piece)
            return unquoted(self._next())
        return piece

    def _full(self, space: str) -> str:
        name = self._next()
        return f"{space}::{name}" if space else name

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        piece = self._peek()
        self._at += 1
        return piece or self._unread("its end")

    def _take(self, mark: str) -> None:
        piece = self._next()
        if piece != mark:
            self._unread(piece)

    def _take_if(self, mark: str) -> bool:
        if self._peek() != mark:
            return False
        self._at += 1
        return True

    def _unread(self, piece: str) -> NoReturn:
        raise SchemaInvalid(f"the Cedar schema could not be read at {piece}")


def unquoted(piece: str) -> str:
    """A string token as text; a bare name is itself."""
    if not piece.startswith('"'):
        return piece
    return _ESCAPE.sub(_unescaped, piece[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _PLAIN.get(found[3], found[3])


def _tokens(text: str) -> list[str]:
    found = []
    at = 0
    while at < len(text):
        found_here = _TOKEN.match(text, at)
        if found_here is None:
            raise SchemaInvalid(f"the Cedar schema could not be read at {text[at : at + 20]!r}")
        if found_here.lastgroup:
            found.append(found_here.group())
        at = found_here.end()
    return found
