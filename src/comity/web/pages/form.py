"""What a form posted, held to what it may hold.

Source: OWASP ASVS 5.0, 2.1 and 2.2 (input by permit list). Invariants: a field that the face does
not name, or a single one sent twice, ends the request; what a person can put right (missing, too
long, not among the choices) is a fault by field, for the page to show again; values are stripped
text without control characters; nothing is ever bound to an object by the names that were sent.
Does not: translate (the messages go through gettext where they are shown).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from comity.errors import ComityError

CSRF_FIELD: Final = "csrf"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class FormInvalid(ComityError):
    """What came is not what this form sends."""


class Field(msgspec.Struct, frozen=True):
    """One field of a form. `many` for check boxes, `file` for an upload, `lines` for a text area."""

    name: str
    required: bool = False
    most: int = 200
    choices: tuple[str, ...] = ()
    many: bool = False
    file: bool = False
    lines: bool = False
    secret: bool = False  # never shown again, nor stripped


class Upload(msgspec.Struct, frozen=True):
    """A file that was sent."""

    name: str
    media_type: str
    body: bytes


class Form(msgspec.Struct, frozen=True):
    """The values of a form by field. `faults` says what to put right, by field, in English."""

    values: Mapping[str, tuple[str, ...]]
    uploads: Mapping[str, Upload] = {}
    faults: Mapping[str, str] = {}

    def __getitem__(self, name: str) -> str:
        """The text of a field, empty where nothing was given. KeyError for one not declared."""
        given = self.values[name]
        return given[0] if given else ""

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field of many."""
        return self.values[name]


def read_form(fields: Sequence[Field], pairs: Sequence[tuple[str, str | Upload]]) -> Form:
    """The form, from the pairs that were sent, without the CSRF token. Raises FormInvalid."""
    known = {field.name: field for field in fields}
    values: dict[str, list[str]] = {name: [] for name in known}
    uploads: dict[str, Upload] = {}
    for name, value in pairs:
        field = known.get(name)
        if field is None:
            raise FormInvalid(f"this form has no field `{name[:40]}`", remedy="open the page again")
        if field.file and value == "":
            continue  # so browsers send a file field that was left empty
        if isinstance(value, Upload) is not field.file:
            raise FormInvalid(f"`{name}` is of the wrong kind", remedy="open the page again")
        if isinstance(value, Upload):
            if name in uploads:
                raise FormInvalid(f"`{name}` came twice", remedy="send one file")
            if value.body:
                uploads[name] = value
            continue
        if values[name] and not field.many:
            raise FormInvalid(f"`{name}` came twice", remedy="open the page again")
        values[name].append(_clean(field, value))
    faults = {
        field.name: fault
        for field in fields
        if (fault := _fault(field, values[field.name], field.name in uploads)) is not None
    }
    return Form({name: tuple(given) for name, given in values.items()}, uploads, faults)


def _clean(field: Field, value: str) -> str:
    if field.secret:
        return value
    value = unicodedata.normalize("NFC", value)
    if field.lines:
        return _CONTROL.sub("", value.replace("\r\n", "\n")).strip()
    return " ".join(_CONTROL.sub("", value).split())


def _fault(field: Field, given: Sequence[str], uploaded: bool) -> str | None:
    some = [value for value in given if value]
    if field.required and not some and not uploaded:
        return "Fill this in"
    if any(len(value) > field.most for value in some):
        return "This is too long"
    if field.choices and any(value not in field.choices for value in some):
        return "Choose one of the list"
    return None
