"""Cedar texts cut into policies: nothing is lost, strings and comments do not mislead."""

from __future__ import annotations

import cedarpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.cedar.split import split_policies

ONE = "permit (principal, action, resource);"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("  \n// only ; a comment\n", []),
        (ONE, [0]),
        (f"\n\n{ONE}\n", [2]),
        (f"{ONE} {ONE}\n{ONE}", [0, 0, 1]),
        (f'// a; "b\n@id("x;y")\n{ONE}\n// end', [1]),
        ('forbid (principal, action, resource) when {"\\";" == ";"};\n' + ONE, [0, 1]),
        ("permit (principal, action, resource)", [0]),
        (f'{ONE}\n"unfinished;', [0, 1]),
    ],
)
def test_policies_with_their_lines(text: str, lines: list[int]) -> None:
    assert [one.line for one in split_policies(text)] == lines


def test_a_policy_begins_at_its_annotation() -> None:
    (one,) = split_policies(f'// said above\n@id("1")\n// within\n{ONE} // after')
    assert one.source == f'@id("1")\n// within\n{ONE}'


PIECES = st.lists(
    st.sampled_from(
        [
            ONE,
            '@id("a;b") ' + ONE,
            'forbid (principal, action, resource) when {context.x like "a;*\\"//"};',
            "// it's; a comment\n",
            "\n",
            " ",
        ]
    )
)


@given(PIECES)
def test_each_piece_is_what_the_reference_parser_finds(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = cedarpy.policies_to_pst(text).static_policies
    parts = split_policies(text)
    assert len(parts) == len(found)
    for number, part in enumerate(parts):
        (alone,) = cedarpy.policies_to_pst(part.source).static_policies.values()
        whole = found[f"policy{number}"]
        assert (alone.effect, alone.clauses, alone.annotations) == (
            whole.effect,
            whole.clauses,
            whole.annotations,
        )


@given(st.text(alphabet='";/\\ \nap(){}', max_size=60))
def test_nothing_but_blanks_and_comments_is_lost(text: str) -> None:
    kept = "".join(one.source for one in split_policies(text))
    assert kept.count(";") <= text.count(";")
    if "/" not in text:
        assert "".join(kept.split()) == "".join(text.split())
