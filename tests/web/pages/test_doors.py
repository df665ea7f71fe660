"""What every page is held to, whoever wrote it: headers, tokens, fields, escaping, and who may be here."""

from __future__ import annotations

import csv
import gzip
import io
import re
from importlib import resources
from typing import Any

import msgspec
import pytest

from comity.access.account import Role
from comity.access.act import Act
from comity.errors import NotFound
from comity.web.pages.error_pages import PageProblem
from comity.web.pages.every import every_face
from comity.web.pages.face import Face
from comity.web.pages.form import Field, Form
from comity.web.pages.front import of_gateway
from comity.web.pages.page import (
    Column,
    Link,
    Page,
    Redirect,
    RedirectUnsafe,
    Shown,
    Table,
    local_path,
)
from comity.web.pages.visit import Visit
from comity.web.routes import ROUTES
from tests.web.pages.house import Seen, TestHouse, token_in
from tests.web.town import BUREAU, OTHER, Town

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7*7 }}{% raw %}",
    "%(name)s %s",
    "</title></style><svg onload=alert(1)>",
    '=HYPERLINK("https://evil.example")',
    "@SUM(1)",
    "\u202egnp.exe",
    "O'Brien & Søn",
    "javascript:alert(1)",
]


class Said(msgspec.Struct, frozen=True):
    """What the page below shows."""

    name: str


def _page(visit: Visit, faults: Any = None) -> Page:
    name = visit.query.get("name", "")
    return Page(
        template="problem.html",
        title=name,
        data={"says": name, "what": name, "remedy": name, "status": 200},
        tables=(Table("names", name, (Column("name", name),), ((name,), (None,))),),
        faults=faults or {},
        status=422 if faults else 200,
    )


DONE: list[tuple[str, Form]] = []


def _act(visit: Visit, form: Form) -> Shown:
    if form.faults:
        return _page(visit, form.faults)
    DONE.append((visit.address, form))
    return Redirect("/about")


def _fails(_visit: Visit) -> Page:
    raise RuntimeError("the password of the database is hunter2")


def _missing(_visit: Visit) -> Page:
    raise NotFound("there is no record r-1 of Nina Nemo")


def _own(visit: Visit) -> Page:
    visit.demand(Act.READ_OWN_INQUIRIES, agency=visit.path["ori"])
    return _page(visit)


FIELDS = (
    Field("reason", required=True, most=20),
    Field("act", choices=("stop", "go")),
    Field("classes", many=True, choices=("identity", "charges")),
)
FACES = (
    Face(path="/names", title="Names", page=_page, action=_act, fields=FIELDS),
    Face(path="/staff", title="Staff", page=_page, see=Act.READ_QUEUE, menu="Staff"),
    Face(
        path="/expunge",
        title="Expunge",
        page=_page,
        action=_act,
        fields=FIELDS,
        see=Act.READ_RECORD,
        do=Act.EXPUNGE,
    ),
    Face(path="/desks/{ori}", title="Desk", page=_own, see=Act.READ_OWN_INQUIRIES),
    Face(path="/fails", title="Fails", page=_fails),
    Face(path="/missing", title="Missing", page=_missing),
)


@pytest.fixture
def house(town: Town) -> TestHouse:
    DONE.clear()
    from comity.web.account.pages import FACES as ACCOUNT

    return TestHouse(town, (*FACES, *ACCOUNT))


@pytest.mark.parametrize(
    "path",
    ["/names", "/names.json", "/names.csv", "/nope", "/fails", "/staff", "/static/comity.css"],
)
def test_every_answer_carries_the_headers(house: TestHouse, path: str) -> None:
    headers = house.visitor().get(path).headers
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["strict-transport-security"].startswith("max-age=63072000")
    assert "server" not in headers
    assert len(headers.get_list("content-type")) == 1
    assert headers["content-type"].count("charset") <= 1


def test_by_plain_http_there_is_no_hsts(town: Town) -> None:
    house = TestHouse(town, FACES, public_url="")
    assert "strict-transport-security" not in house.visitor().get("/names").headers


def test_a_page_of_somebody_signed_in_is_kept_by_no_cache(house: TestHouse) -> None:
    ann = house.staff(Role.RECORDS)
    for path in ("/staff", "/staff.json", "/staff.csv", "/names", "/nope"):
        assert ann.get(path).headers["cache-control"] == "no-store", path
    assert house.visitor().get("/names").headers["cache-control"] == "no-cache"
    reader = house.visitor()
    assert reader.get("/sign-in").headers["cache-control"] == "no-store"  # it holds a token


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_wherever_it_stands(house: TestHouse, name: str) -> None:
    plain, seen = (Seen(house.visitor().get("/names", {"name": n}).text) for n in ("plain", name))
    assert [tag for tag, _ in seen.elements] == [tag for tag, _ in plain.elements]
    for (_, attributes), (_, expected) in zip(seen.elements, plain.elements, strict=True):
        assert attributes.keys() == expected.keys()
        assert not (attributes.get("href") or "").lower().lstrip().startswith("javascript:")
    assert " ".join(name.split()) in seen.text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_spreadsheet_takes_no_cell_for_a_formula(house: TestHouse, name: str) -> None:
    file = house.visitor().get("/names.csv", {"name": name})
    rows = list(csv.reader(io.StringIO(file.text, newline="")))
    assert rows[1][0].lstrip("'") == name.lstrip("'")
    assert not rows[1][0].startswith(("=", "+", "-", "@"))
    assert re.fullmatch(
        r'attachment; filename="[A-Za-z0-9._-]+"', file.headers["content-disposition"]
    )


def test_a_form_is_done_once_and_redirects(house: TestHouse) -> None:
    fields = {"reason": "  because\tof\x00 it ", "act": "go", "classes": ["identity", "charges"]}
    reply = house.visitor().submit_on("", "/names", fields)
    assert (reply.status_code, reply.headers["location"]) == (303, "/about")
    ((address, form),) = DONE
    assert address == "/names"
    assert form["reason"] == "because of it"
    assert form.all("classes") == ("identity", "charges")


@pytest.mark.parametrize("token", ["", "0" * 64, "é" * 64, None])
def test_without_the_visitors_token_nothing_is_done(house: TestHouse, token: str | None) -> None:
    visitor = house.visitor()
    visitor.get("/sign-in")
    fields = {"reason": "x"} | ({} if token is None else {"csrf": token})
    assert visitor.post("/names", fields).status_code == 403
    assert not DONE


def test_another_visitors_token_is_no_token(house: TestHouse) -> None:
    mine, theirs = house.visitor(), house.visitor()
    mine.get("/sign-in")
    token = token_in(theirs.get("/sign-in").text)
    assert mine.post("/names", {"csrf": token, "reason": "x"}).status_code == 403
    assert house.visitor().post("/names", {"csrf": token, "reason": "x"}).status_code == 403
    assert theirs.post("/names", {"csrf": token, "reason": "x"}).status_code == 303
    assert len(DONE) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://records.example:8080"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_not_taken_even_with_the_token(
    house: TestHouse, headers: dict[str, str]
) -> None:
    visitor = house.visitor()
    token = token_in(visitor.get("/sign-in").text)
    reply = visitor.post("/names", {"csrf": token, "reason": "x"}, **headers)
    assert reply.status_code == 403
    assert not DONE


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"reason": "x", "roles": "administrator"}, 400),
        ({"reason": ["x", "y"]}, 400),
        ({"reason": "x", "who": "root"}, 400),
        ({"reason": ""}, 422),
        ({"reason": "x" * 21}, 422),
        ({"reason": "x", "act": "burn"}, 422),
        ({"reason": "x", "classes": ["identity", "whereabouts"]}, 422),
    ],
)
def test_a_form_holds_what_its_face_names_and_nothing_else(
    house: TestHouse, fields: dict[str, Any], status: int
) -> None:
    assert house.visitor().submit_on("", "/names", fields).status_code == status
    assert not DONE


def test_a_form_is_not_json_and_a_page_without_an_action_takes_none(house: TestHouse) -> None:
    visitor = house.visitor()
    token = token_in(visitor.get("/sign-in").text)
    json = {"content-type": "application/json"}
    assert visitor.post("/names", {"csrf": token, "reason": "x"}, **json).status_code == 400
    assert visitor.post("/missing", {"csrf": token}).status_code == 405
    assert visitor.post("/names.csv", {"csrf": token, "reason": "x"}).status_code == 405
    assert not DONE


def test_whoever_is_not_signed_in_is_shown_the_way(house: TestHouse) -> None:
    for path in ("/staff", "/staff.json", "/staff.csv?table=names"):
        reply = house.visitor().get(path)
        assert reply.status_code == 303
        assert reply.headers["location"].startswith("/sign-in?next=/staff")
        assert reply.content == b""


def test_a_role_that_does_not_include_it_sees_nothing_in_any_form(house: TestHouse) -> None:
    root = house.staff(Role.ADMINISTRATOR)
    for path in ("/staff?name=secret", "/staff.json?name=secret", "/staff.csv?name=secret"):
        reply = root.get(path)
        assert reply.status_code == 403
        assert "names" not in reply.text
    assert house.staff(Role.LAW).get("/staff").status_code == 200


def test_an_act_is_decided_apart_from_seeing_its_page(house: TestHouse) -> None:
    custody = house.staff(Role.CUSTODY)
    assert custody.get("/expunge").status_code == 200
    assert custody.submit_on("", "/expunge", {"reason": "x"}).status_code == 403
    assert not DONE
    records = house.staff(Role.RECORDS, handle="rec")
    assert records.submit_on("", "/expunge", {"reason": "x"}).status_code == 303


def test_an_analyst_sees_the_own_agencys_things_alone(house: TestHouse) -> None:
    bo = house.analyst(BUREAU)
    assert bo.get(f"/desks/{BUREAU}").status_code == 200
    for form in ("", ".json", ".csv"):
        assert bo.get(f"/desks/{OTHER}{form}").status_code == 403
    assert house.staff(*set(Role) - {Role.ANALYST}).get(f"/desks/{BUREAU}").status_code == 403


def test_a_fault_of_ours_says_nothing_of_its_cause(house: TestHouse) -> None:
    for path in ("/fails", "/fails.json"):
        reply = house.visitor().get(path)
        assert reply.status_code == 500
        assert "hunter2" not in reply.text
        assert "RuntimeError" not in reply.text


def test_not_found_is_the_same_page_whatever_is_not_there(house: TestHouse) -> None:
    """A page that could tell of somebody by not finding them says what any missing page says."""
    missing, nowhere = (house.visitor().get(path) for path in ("/missing", "/nowhere"))
    assert missing.status_code == nowhere.status_code == 404
    assert missing.text.replace("/missing", "") == nowhere.text.replace("/nowhere", "")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../pages/app.py",
        "/static/..%2f..%2fpages/app.py",
        "/static/%2e%2e/pages/app.py",
        "/static/comity.css%00.css",
        "/static/nope.css",
        "/names?" + "x" * 5_000,
    ],
)
def test_odd_addresses_end_in_a_page(house: TestHouse, path: str) -> None:
    reply = house.visitor().get(path)
    assert reply.status_code in (404, 414)
    assert "create_faces" not in reply.text


@pytest.mark.parametrize("cookie", ["", "A", "é", "A" * 5_000, "A" * 43 + "; __Host-comity=x"])
def test_odd_cookies_are_nobodys(house: TestHouse, cookie: str) -> None:
    visitor = house.visitor()
    reply = visitor.get("/staff", cookie=f"__Host-comity={cookie}".encode("latin-1", "replace"))
    assert reply.status_code == 303


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "evil",
        "",
        "/a b",
        "/\n",
        "/a\\b",
    ],
)
def test_a_redirect_leads_nowhere_else(to: str) -> None:
    with pytest.raises(RedirectUnsafe):
        Redirect(to)
    assert local_path(to, "/home") == "/home"


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:text/html,x", "//evil", "http://a"])
def test_a_link_in_a_cell_is_ours_or_https(href: str) -> None:
    with pytest.raises(RedirectUnsafe):
        Link("x", href)


def test_no_page_has_a_path_of_the_gateway_nor_two_pages_one() -> None:
    faces = every_face()
    assert not [face.path for face in faces if of_gateway(face.path)]
    paths = [re.sub(r"\{\w+\}", "{}", face.path) for face in faces]
    assert len(set(paths)) == len(paths)
    for route in ROUTES:
        assert of_gateway(re.sub(r"\{year\}", "2026", route.path)), route.path


def test_whatever_staff_and_analysts_have_is_behind_an_act() -> None:
    for face in every_face():
        if face.path.startswith(("/console", "/desk", "/account")):
            assert face.see is not None, face.path


def templates() -> dict[str, str]:
    found: dict[str, str] = {}

    def walk(folder: Any, above: str) -> None:
        for one in folder.iterdir():
            if one.is_dir():
                walk(one, f"{above}{one.name}/")
            elif one.name.endswith(".html"):
                found[above + one.name] = one.read_text("utf-8")

    walk(resources.files("comity.web") / "templates", "")
    return found


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"\|\s*safe\b|autoescape|Markup", "nothing in a template goes around escaping"),
        (r"\bstyle\s*=|<style", "the policy lets no style run that is not a file"),
        (
            r"<script(?![^>]*\bsrc=)|\son[a-z]+=",
            "the policy lets no script run that is not a file",
        ),
        (r"\s[a-z-]+=\{[{%]", "an attribute is quoted, or a value could add another"),
        (r"(src|href|action)=\"https?:", "a page loads and posts nothing elsewhere by itself"),
    ],
)
def test_no_template_goes_around_the_policy(pattern: str, why: str) -> None:
    allowed = {'(src|href|action)="https?:': r'<a [^>]*href="https:'}.get(pattern)
    found = [
        f"{name}: {line.strip()}"
        for name, text in templates().items()
        for line in text.splitlines()
        if re.search(pattern, line) and not (allowed and re.search(allowed, line))
    ]
    assert not found, f"{why}: {found}"


def test_every_form_of_a_template_posts_and_carries_the_token() -> None:
    for name, text in templates().items():
        for form in re.findall(r"<form\b[^>]*>.*?</form>", text, re.DOTALL):
            if 'method="get"' in form:
                continue
            assert 'method="post"' in form, name
            assert "visit.csrf" in form, name


def test_the_stylesheet_is_below_six_kilobytes() -> None:
    css = (resources.files("comity.web") / "static" / "comity.css").read_bytes()
    assert len(gzip.compress(css, 9)) < 6 * 1024


def test_problem_pages_of_every_status_render(house: TestHouse) -> None:
    for status in (400, 403, 404, 405, 409, 413, 414, 429, 503):

        def fail(_visit: Visit, status: int = status) -> Page:
            raise PageProblem(status)

        faces = (Face(path="/x", title="x", page=fail),)
        reply = TestHouse(house.town, faces).visitor().get("/x")
        assert reply.status_code == status
        assert Seen(reply.text).text
