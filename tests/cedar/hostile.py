"""Generated policies and hostile rows over a schema with everything of Cedar in it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from comity.cedar.classes import Asked
from comity.cedar.engine import Uid
from comity.cedar.value import Request

SCHEMA = """
entity Group;
entity Team in [Group];
entity User in [Group, Team] = { n: Long, s: String, flag: Bool, boss?: User } tags String;
entity Doc = {
  n: Long, o?: Long, s: String, so?: String, strings: Set<String>, longs: Set<Long>,
  nested: Set<Set<Long>>, at: datetime, lasts: duration, price: decimal, ip: ipaddr,
  owner: User, part: { a: Long, b?: { c: String } }
};
type Facts = {
  n: Long, m: Long, o?: Long, s: String, t: String, flag: Bool, at: datetime, until: datetime,
  ip: ipaddr, strings: Set<String>, part?: { x: Long, y?: String }
};
action "all";
action "read", "write" in ["all"] appliesTo { principal: [User], resource: [Doc], context: Facts };
"""
ACTION_GROUPS = {"read": ("read", "all"), "write": ("write", "all")}

LONGS = st.sampled_from([0, 1, -1, 2, 41, 42, 43, 2**63 - 1, -(2**63), 2**31])
STRINGS = st.sampled_from(
    ["", "a", "A", "ab", "a*b", "%", "_", "a_b", "~", "\0", "a\nb", "é", "e\u0301", "ba"]
)
TIMES = st.sampled_from(
    [
        "2018-08-31",
        "2018-09-01",
        "2018-08-31T23:59:59.999Z",
        "2018-09-01T00:00:00Z",
        "2018-08-31T20:00:00-0400",
        "1969-12-31T23:59:59.999Z",
        "0001-01-01",
        "9999-12-31T23:59:59.999Z",
    ]
)
SPANS = st.sampled_from(["0ms", "1d", "-1d", "9223372036854775807ms", "1h30m", "90m"])
PRICES = st.sampled_from(["0.0", "1.0", "1.00", "1.0001", "-922337203685477.5808", "12.5"])
ADDRESSES = st.sampled_from(
    ["10.0.0.1", "10.0.0.0/8", "::1", "::/0", "2001:db8::/32", "127.0.0.1/32", "127.0.0.1"]
)
GROUPS = st.sampled_from(["g", "h"])


def quoted(text: str) -> str:
    """A string literal of Cedar."""
    escaped = "".join(
        f"\\u{{{ord(one):x}}}" if one in '"\\\0\n' or ord(one) > 126 else one for one in text
    )
    return f'"{escaped}"'


def pattern(text: str) -> str:
    """A `like` pattern that means the text itself, star and all."""
    return quoted(text).replace("*", "\\*")


LONG_PATHS = st.sampled_from(
    ["context.n", "context.m", "resource.n", "principal.n", "resource.part.a", "resource.owner.n"]
)
STRING_PATHS = st.sampled_from(
    ["context.s", "context.t", "resource.s", "principal.s", "resource.owner.s"]
)
TIME_PATHS = st.sampled_from(["context.at", "context.until", "resource.at"])
ENTITIES = st.sampled_from(["principal", "resource.owner", 'User::"u"', 'User::"stranger"'])
ORDERS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
LONG_SETS = st.lists(LONGS, max_size=3).map(lambda found: f"[{', '.join(map(str, found))}]")
STRING_SETS = st.lists(STRINGS, min_size=1, max_size=3).map(
    lambda found: f"[{', '.join(map(quoted, found))}]"
)


def _text(template: str, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda found: template.format(*found))


ATOMS = st.one_of(
    st.sampled_from(
        [
            "true",
            "false",
            "context.flag",
            "principal.flag",
            "context has o",
            "context has part.y",
            "resource has part.b.c",
            "principal has boss",
            "resource.strings.isEmpty()",
            "context.o > 1",
            "context has o && context.o > 41",
            'principal has boss && principal.boss.s == "a"',
            "context has part && context.part has y && context.part.y like \"a*\"",
            "resource has so && resource.so == context.s",
            "principal.hasTag(context.s)",
            'principal.hasTag("a") && principal.getTag("a") == context.s',
            "resource.owner == principal",
            "principal is User",
            'principal is User in Group::"g"',
            "action == Action::\"read\"",
            'action in Action::"all"',
            "resource.part == {a: 42}",
            "(if context.flag then context.n else context.m) == 42",
            "(if context.flag then principal else resource.owner).n == 42",
            "context.n + 1 > context.m",
            "context.n * 2 == 84",
            "-(context.n) < 0",
            "resource.longs == context.m || context.flag",
            "resource.ip.isIpv4()",
            "context.ip.isLoopback()",
            "resource.lasts.toHours() > 1",
            "resource.at.toTime() < resource.lasts",
            "context.ip == resource.ip",
            "context.at == resource.at",
            "resource.nested.contains([1, 2])",
            "resource.nested.contains(resource.longs)",
            "resource.strings.containsAll(context.strings)",
            "context.strings.containsAny(resource.strings)",
            "resource.longs == [1, 42]",
            "[principal, resource.owner].contains(principal)",
            "context.at.durationSince(resource.at) < duration(\"1d\")",
        ]
    ),
    _text("{} {} {}", LONG_PATHS, ORDERS, LONGS),
    _text("{2} {1} {0}", LONG_PATHS, ORDERS, LONGS),
    _text("{} {} {}", LONG_PATHS, ORDERS, LONG_PATHS),
    _text("{} == {}", STRING_PATHS, STRINGS.map(quoted)),
    _text("{} == {}", STRING_PATHS, STRING_PATHS),
    _text("{0} like \"{1}*{2}\"", STRING_PATHS, STRINGS.map(lambda s: pattern(s)[1:-1]), STRINGS.map(lambda s: pattern(s)[1:-1])),
    _text("{} like {}", STRING_PATHS, STRINGS.map(pattern)),
    _text('{} {} datetime("{}")', TIME_PATHS, ORDERS, TIMES),
    _text("{} {} {}", TIME_PATHS, ORDERS, TIME_PATHS),
    _text('{}.offset(duration("{}")) <= {}', TIME_PATHS, SPANS, TIME_PATHS),
    _text("resource.strings.contains({})", STRINGS.map(quoted)),
    _text("context.strings.containsAll({})", STRING_SETS),
    _text("resource.strings.containsAny({})", STRING_SETS),
    _text("{}.contains({})", STRING_SETS, STRING_PATHS),
    _text("resource.longs.containsAll({})", LONG_SETS),
    _text("resource.longs.contains({})", LONGS),
    _text('{} in Group::"{}"', ENTITIES, GROUPS),
    _text('{} in [Group::"{}", Team::"t"]', ENTITIES, GROUPS),
    _text("{} in {}", ENTITIES, ENTITIES),
    _text("{} == {}", ENTITIES, ENTITIES),
    _text('resource.price.lessThan(decimal("{}"))', PRICES),
    _text('resource.price == decimal("{}")', PRICES),
    _text('context.ip.isInRange(ip("{}"))', ADDRESSES),
    _text('resource.ip == ip("{}")', ADDRESSES),
)  # fmt: skip
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        _text("!({})", inner),
        _text("({}) && ({})", inner, inner),
        _text("({}) || ({})", inner, inner),
        _text("(if ({}) then ({}) else ({}))", inner, inner, inner),
    ),
    max_leaves=4,
)
POLICY = _text(
    "{} ({}, {}, resource) {} {{ {} }};",
    st.sampled_from(["permit", "forbid"]),
    st.sampled_from(
        ["principal", 'principal == User::"u"', 'principal in Group::"g"', "principal is User"]
    ),
    st.sampled_from(["action", 'action == Action::"read"', 'action in [Action::"all"]']),
    st.sampled_from(["when", "unless"]),
    CONDITIONS,
)


def _extension(function: str, texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return texts.map(lambda text: {"__extn": {"fn": function, "arg": text}})


def _strings() -> st.SearchStrategy[Any]:
    return st.lists(STRINGS, max_size=3)


_USER = st.fixed_dictionaries(
    {"n": LONGS, "s": STRINGS, "flag": st.booleans()},
    optional={"boss": st.just({"__entity": {"type": "User", "id": "v"}})},
)
_PART_Y = st.fixed_dictionaries({"x": LONGS}, optional={"y": STRINGS})
ROWS = st.fixed_dictionaries(
    {
        "act": st.sampled_from(["read", "write"]),
        "user": _USER,
        "tags": st.dictionaries(STRINGS, STRINGS, max_size=2),
        "owner": st.sampled_from(["u", "v"]),
        "in_g": st.booleans(),
        "in_t": st.booleans(),
        "doc": st.fixed_dictionaries(
            {
                "n": LONGS,
                "s": STRINGS,
                "strings": _strings(),
                "longs": st.lists(LONGS, max_size=3),
                "nested": st.lists(st.lists(st.sampled_from([1, 2]), max_size=2), max_size=2),
                "at": _extension("datetime", TIMES),
                "lasts": _extension("duration", SPANS),
                "price": _extension("decimal", PRICES),
                "ip": _extension("ip", ADDRESSES),
                "part": st.fixed_dictionaries(
                    {"a": LONGS}, optional={"b": st.fixed_dictionaries({"c": STRINGS})}
                ),
            },
            optional={"o": LONGS, "so": STRINGS},
        ),
        "context": st.fixed_dictionaries(
            {
                "n": LONGS,
                "m": LONGS,
                "s": STRINGS,
                "t": STRINGS,
                "flag": st.booleans(),
                "at": _extension("datetime", TIMES),
                "until": _extension("datetime", TIMES),
                "ip": _extension("ip", ADDRESSES),
                "strings": _strings(),
            },
            optional={"o": LONGS, "part": _PART_Y},
        ),
    }
)


def asked(row: dict[str, Any]) -> Asked:
    """A row as the engine and the classes read it."""
    boss = {"n": 42, "s": "a", "flag": True}
    parents = [{"type": "Group", "id": "g"}] if row["in_g"] else []
    parents += [{"type": "Team", "id": "t"}] if row["in_t"] else []
    owner = {"__entity": {"type": "User", "id": row["owner"]}}
    entities: list[dict[str, Any]] = [
        {"uid": {"type": "Group", "id": "g"}, "attrs": {}, "parents": []},
        {"uid": {"type": "Group", "id": "h"}, "attrs": {}, "parents": []},
        {"uid": {"type": "Team", "id": "t"}, "attrs": {}, "parents": [{"type": "Group", "id": "h"}]},
        {"uid": {"type": "User", "id": "u"}, "attrs": row["user"], "parents": parents, "tags": row["tags"]},
        {"uid": {"type": "User", "id": "v"}, "attrs": boss, "parents": []},
        {"uid": {"type": "Doc", "id": "d"}, "attrs": {**row["doc"], "owner": owner}, "parents": []},
    ]  # fmt: skip
    return Asked(
        Uid("User", "u"),
        row["act"],
        Uid("Doc", "d"),
        json.dumps(row["context"]),
        json.dumps(entities),
        Request(
            ("User", "u"),
            ("Action", row["act"]),
            ("Doc", "d"),
            row["context"],
            entities,
            action_groups=ACTION_GROUPS,
        ),
    )
