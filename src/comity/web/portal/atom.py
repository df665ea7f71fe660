"""An Atom feed.

Source: RFC 4287: a feed has exactly one id, title and updated, an entry too; an author of the feed
stands for all; ids are IRIs and never change; dates are RFC 3339; a self link is to the feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

import msgspec

from comity.instant import Instant, format_instant

ATOM_TYPE: Final = "application/atom+xml; charset=utf-8"
NAMESPACE: Final = "http://www.w3.org/2005/Atom"


class Item(msgspec.Struct, frozen=True):
    """One entry of a feed. `entry` is the place in the ledger, where it is of one."""

    id: str
    at: Instant
    title: str
    href: str
    summary: str
    entry: int | None = None


def atom_feed(
    *,
    feed_id: str,
    title: str,
    author: str,
    language: str,
    base: str,
    path: str,
    page: str,
    items: Sequence[Item],
    at: Instant,
) -> bytes:
    """The document. `at` is when a feed without entries was last changed; `base` goes before paths."""
    ET.register_namespace("", NAMESPACE)
    feed = ET.Element(_name("feed"), {"xml:lang": language})
    _text(feed, "id", feed_id)
    _text(feed, "title", title)
    _text(feed, "updated", format_instant(max((item.at for item in items), default=at)))
    _text(ET.SubElement(feed, _name("author")), "name", author)
    ET.SubElement(
        feed, _name("link"), {"rel": "self", "type": "application/atom+xml", "href": base + path}
    )
    ET.SubElement(
        feed, _name("link"), {"rel": "alternate", "type": "text/html", "href": base + page}
    )
    for item in items:
        entry = ET.SubElement(feed, _name("entry"))
        _text(entry, "id", item.id)
        _text(entry, "title", item.title)
        _text(entry, "updated", format_instant(item.at))
        ET.SubElement(
            entry,
            _name("link"),
            {"rel": "alternate", "type": "text/html", "href": base + item.href},
        )
        _text(entry, "summary", item.summary)
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _name(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"


def _text(parent: ET.Element, tag: str, said: str) -> None:
    ET.SubElement(parent, _name(tag)).text = "".join(
        sign for sign in said if sign.isprintable() or sign == " "
    )
