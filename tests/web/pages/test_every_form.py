"""Every face of the installation, held to what an attacker tries first, by the list of faces itself.

Source: OWASP ASVS 5.0, 2.1 (permit list of fields), 3.4 (headers), 8.2 (object-level authorization),
1.3 (encoding); OWASP cheat sheet on unvalidated redirects. A face that is added is tried too. Does
not: repeat what `test_doors` shows of the frame on faces of its own.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urljoin

import httpx
import pytest

from comity.access.account import Role
from comity.store.sqlite.append import size
from comity.web.account.pages import FACES as ACCOUNT
from comity.web.desk.pages import FACES as DESK
from comity.web.pages.every import every_face
from comity.web.pages.face import Face
from comity.web.pages.headers import cookie_name
from comity.web.pages.session import form_token
from tests.web.console.people import booked, keep_records
from tests.web.desk.test_own_inquiries import asked
from tests.web.jail import CONVICTED, book, open_jail
from tests.web.pages.house import PUBLIC_URL, Seen, TestHouse, Visitor
from tests.web.pages.signing import sign_in, signing_house
from tests.web.pages.signing import staff as enter_staff
from tests.web.town import BUREAU, OTHER, Town

FORMS = tuple(face for face in every_face() if face.action is not None)
NAMES = (
    "<script>alert(1)</script>",
    "\u202eevoli\u202c\u2066x\u2069",
    "'\";--",
    "</title><img src=x onerror=alert(1)>",
    "{{ 7*7 }}${7*7}",
)
AWAY = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "/%0d%0aLocation:%20https://evil.example",
    " https://evil.example",
    "http:evil.example",
)


def whoever(house: TestHouse, face: Face) -> Visitor:
    """Somebody who may do what the face does."""
    if face.see is None:
        return house.visitor()
    if face in DESK:
        return house.analyst(BUREAU)
    return house.staff(*(role for role in Role if role is not Role.ANALYST))


def address(face: Face) -> str:
    """An address of a face; what it names need not be there."""
    return re.sub(r"\{[a-z_]+\}", "x-1", face.path)


def token(house: TestHouse, visitor: Visitor) -> str:
    """The token of the visitor's forms; one who has no cookie gets it from a page."""
    name = cookie_name(house.house, "session")
    if name not in visitor.cookies:
        visitor.get("/sign-in")
    return form_token(house.sessions.key(), visitor.cookies[name])


def post(house: TestHouse, visitor: Visitor, path: str, fields: dict[str, Any]) -> httpx.Response:
    return visitor.post(path, {"csrf": token(house, visitor), **fields})


@pytest.mark.parametrize("face", FORMS, ids=lambda face: face.path)
@pytest.mark.parametrize("extra", ["ori", "role", "roles[]", "is_admin", "by", "at"])
def test_a_field_that_no_form_has_is_refused_and_changes_nothing(
    house: TestHouse, face: Face, extra: str
) -> None:
    if extra in {field.name for field in face.fields}:
        extra = f"{extra}_"
    filled = {
        field.name: field.choices[0] if field.choices else "x"
        for field in face.fields
        if not field.file
    }
    visitor = whoever(house, face)
    if face.see is None:
        visitor.get("/sign-in")
    before = size(house.town.database.reader())
    reply = post(house, visitor, address(face), {**filled, extra: "admin"})
    assert reply.status_code == 400, (face.path, reply.status_code)
    assert size(house.town.database.reader()) == before


@pytest.mark.parametrize("face", FORMS, ids=lambda face: face.path)
def test_a_form_without_its_token_or_of_another_visitor_does_nothing(
    house: TestHouse, face: Face
) -> None:
    visitor, other = whoever(house, face), house.staff(Role.RECORDS, handle="eve")
    before = size(house.town.database.reader())
    stolen = token(house, other)
    if face.see is None:
        visitor.get("/sign-in")
    for fields in ({"x": "y"}, {"csrf": ""}, {"csrf": stolen}, {"csrf": "0" * 64}):
        assert visitor.post(address(face), fields).status_code == 403
    foreign = {"csrf": token(house, visitor)}
    reply = visitor.post(address(face), foreign, Origin="https://evil.example")
    assert reply.status_code == 403
    assert size(house.town.database.reader()) == before


@pytest.mark.parametrize("face", every_face(), ids=lambda face: face.path)
def test_every_face_carries_the_headers_and_is_kept_nowhere_when_private(
    house: TestHouse, face: Face
) -> None:
    for visitor in (house.visitor(), whoever(house, face)):
        reply = visitor.get(address(face))
        headers = reply.headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["strict-transport-security"].startswith("max-age=")
        assert "server" not in headers
        assert "x-powered-by" not in headers
        if visitor.cookies or face.see is not None:
            assert "no-store" in headers["cache-control"], face.path
        for line in headers.get_list("set-cookie"):
            flags = {part.strip().lower() for part in line.split(";")[1:]}
            assert {"httponly", "secure", "path=/"} <= flags, line
            assert flags & {"samesite=lax", "samesite=strict"}, line
            assert line.startswith("__Host-"), line


@pytest.mark.parametrize("face", every_face(), ids=lambda face: face.path)
def test_who_may_not_sees_nothing(house: TestHouse, face: Face) -> None:
    """Every face that is somebody's, by somebody else: kept out alike, in every form of it."""
    if face.see is None:
        return
    others = [house.visitor()]
    if face not in ACCOUNT:
        others.append(
            house.staff(*(set(Role) - {Role.ANALYST})) if face in DESK else house.analyst(BUREAU)
        )
    for other in others:
        for form in ("", ".json", ".csv?table=x"):
            reply = other.get(address(face) + form)
            kept_out = 403 if other.cookies else 303
            assert reply.status_code == kept_out, (face.path, form, reply.status_code)


def test_every_page_of_the_desk_tells_another_agency_nothing(house: TestHouse, town: Town) -> None:
    keep_records(town)
    booked(town)
    query = {"kind": "identifier", "record_id": "B-1"}
    told = asked(town, query=query, data_classes=["identity", "history"])
    own, entry = told["inquiry_id"], str(told["entries"][0]["index"])
    bo, foreign = house.analyst(BUREAU), house.analyst(OTHER, officer="o-1", handle="di")
    before = size(town.database.reader())
    seen = ""
    for face in DESK:
        path = face.path.replace("{inquiry_id}", own)
        none = face.path.replace("{inquiry_id}", "i-none")
        for form in ("", ".json", ".csv"):
            stolen, nothing = foreign.get(path + form), foreign.get(none + form)
            assert stolen.status_code == nothing.status_code
            said = stolen.text.replace(own, "i-none")
            assert within(said) == within(nothing.text), path
            for secret in (own, "Nemo1", "B-1", "Nina"):
                if secret != own or "{" not in face.path:
                    assert secret not in stolen.text, (path, secret)
            seen += bo.get(path + form).text
        if face.action is not None:
            fields = {"entry": entry, "expungement": "0", "destroyed": "yes"}
            known = {field.name for field in face.fields}
            sent = {name: value for name, value in fields.items() if name in known}
            reply = post(house, foreign, path, sent)
            assert reply.status_code in (303, 404, 422), path
            assert "Nemo1" not in reply.text
    assert own in seen  # so there was something to find
    assert size(town.database.reader()) == before


def within(text: str) -> str:
    """A page without what differs from one request to the next."""
    return re.sub(r'value="(?:[0-9a-f]{64}|desk-[0-9a-f]{20})"|desk-[0-9a-f]{20}', "", text)


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_text_on_every_page_that_shows_it(
    house: TestHouse, town: Town, name: str
) -> None:
    open_jail(town)
    keep_records(town)
    record = book(town, name, charges=CONVICTED)
    all_of_staff = house.staff(*(role for role in Role if role is not Role.ANALYST))
    bo = house.analyst(BUREAU)
    paths = {
        f"/console/records?id={quote(record)}": all_of_staff,
        f"/console/custody/{quote(record)}": all_of_staff,
        f"/console/custody/{quote(record)}/release": all_of_staff,
        f"/console/custody/{quote(record)}/leaves": all_of_staff,
        f"/console/records/expunge?id={quote(record)}": all_of_staff,
        f"/console/records?id={quote(name)}": all_of_staff,
        f"/console/intake?record={quote(name)}": all_of_staff,
        f"/console?kind={quote(name)}": all_of_staff,
        f"/desk/ask?purpose={quote(name)}&by={quote(name)}": bo,
        f"/desk/inquiries?before={quote(name)}": bo,
        f"/sign-in?next={quote(name)}": house.visitor(),
        f"/disclosures?agency={quote(name)}&ended={quote(name)}": house.visitor(),
        f"/agreements/{quote(name, safe='')}": house.visitor(),
        "/console/custody": all_of_staff,
    }
    shown = 0
    for path, visitor in paths.items():
        reply = visitor.get(path)
        assert reply.status_code in (200, 400, 404, 422), (path, reply.status_code)
        page = Seen(reply.text)
        shown += name in " ".join(page.said)
        assert_harmless(page, path)
        assert "49" not in page.text or "7*7" in page.text
        for at in re.finditer("[\u202a-\u202e\u2066-\u2069]", reply.text):
            before = reply.text[: at.start()]
            in_attribute = ">" not in before.rpartition("<")[2]
            assert in_attribute or _APART.search(before), (path, before[-80:])
    assert shown >= 3, "the name was on no page, so nothing was tried"


_APART = re.compile(r"<(?:bdi|title|td|th|textarea|option)\b[^>]*>(?:<a [^>]*>)?[^<]*$")
"""Where letters that run the other way turn nothing around but themselves."""


def assert_harmless(page: Seen, path: str) -> None:
    """Nothing of the page is an element or an attribute that a name could have brought."""
    for tag, attributes in page.elements:
        assert tag not in ("img", "iframe", "object", "embed"), path
        assert not [one for one in attributes if one.startswith("on")], path
        if tag == "script":
            assert (attributes.get("src") or "").startswith("/static/"), path
        for name in ("href", "src", "action"):
            where = attributes.get(name)
            assert where is None or re.match(r"/(?!/)|#|https://", where), (path, where)


@pytest.mark.parametrize("asked_for", AWAY)
def test_signing_in_leads_nowhere_else(town: Town, asked_for: str) -> None:
    """By every form of `next`: in the address, in the form, and when somebody is already in."""
    house = signing_house(town)
    enter_staff(town)
    visitor = house.visitor()
    page = visitor.get(f"/sign-in?next={quote(asked_for, safe='')}")
    hidden = [one for tag, one in Seen(page.text).elements if one.get("name") == "next"]
    assert len(hidden) == 1
    given = [hidden[0].get("value") or ""]
    done = sign_in(visitor, town, next=asked_for)
    again = visitor.get(f"/sign-in?next={quote(asked_for, safe='')}")
    for reply in (done, again):
        assert reply.status_code == 303
        assert len(reply.headers.get_list("location")) == 1
        given.append(reply.headers["location"])
    for where in given:
        assert urljoin(f"{PUBLIC_URL}/sign-in", where).startswith(f"{PUBLIC_URL}/"), where
        assert where == "" or re.fullmatch(r"/(?![/\\])[!-\[\]-~]*", where), where
