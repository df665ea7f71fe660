"""comity.toml: defaults, bounds, and errors that name the file, the line and the key."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from comity.cli.settings import (
    SETTINGS,
    Settings,
    SettingsInvalid,
    load_settings,
    parse_settings,
    shipped,
)
from comity.cli.settings_text import settings_file, settings_page
from comity.errors import NotFound

LEAST = 'custodian = "philadelphia"\ntime_zone = "America/New_York"\n'
FILE = Path("/somewhere/comity.toml")


def test_defaults_hold_and_paths_count_from_the_file() -> None:
    settings = parse_settings(LEAST + 'law = "texts"\n', FILE)
    assert settings.database == Path("/somewhere/comity.db")
    assert settings.law == Path("/somewhere/texts")
    assert settings.stack == ()
    assert not settings.hold_birthplace
    assert (settings.host, settings.port) == ("127.0.0.1", 8722)
    assert settings.limits.skew_seconds == 60


def test_without_a_folder_the_law_is_what_came_with_comity() -> None:
    assert parse_settings(LEAST, FILE).law == shipped("law")


def test_the_limits_table_and_dotted_keys_are_one() -> None:
    table = parse_settings(LEAST + "[limits]\nbody_bytes = 2048\n", FILE)
    dotted = parse_settings(LEAST + "limits.body_bytes = 2048\n", FILE)
    assert table == dotted
    assert table.limits.body_bytes == 2048


def test_an_address_of_version_six_loses_its_brackets() -> None:
    settings = parse_settings(LEAST + 'bind = "[::1]:0"\n', FILE)
    assert (settings.host, settings.port) == ("::1", 0)


@pytest.mark.parametrize(
    ("line", "where", "says"),
    [
        ("custodan = 'x'", ":3", "`custodan` is not a setting"),
        ("skew_seconds = 3", ":3", "`skew_seconds` is not a setting"),
        ("bind = 8722", ":3", "`bind` must be a text, not a whole number"),
        ("bind = 'localhost'", ":3", "`bind` is `localhost`, which is no address and port"),
        ("bind = 'a:99999'", ":3", "no address and port"),
        ("hold_birthplace = 1", ":3", "`hold_birthplace` must be true or false"),
        ("stack = ['a', 'a']", ":3", "`stack` names an instrument twice"),
        ("stack = [1]", ":3", "must hold the ids"),
        ("database = ''", ":3", "`database` is empty"),
        ("limits.skew_seconds = true", "", "must be a whole number, not true or false"),
        ("[limits]\nskew_seconds = 0", ":4", "`limits.skew_seconds` is 0, outside 1 to 900"),
        ("[limits]\nskew = 9", ":4", "`limits.skew` is not a setting"),
        ("law = ", "", "is not TOML"),
        ("[[limits]]\nbody_bytes = 1", "", "`limits` is not a setting"),
    ],
)
def test_a_bad_line_is_named(line: str, where: str, says: str) -> None:
    with pytest.raises(SettingsInvalid) as fault:
        parse_settings(LEAST + line + "\n", FILE)
    assert says in fault.value.what
    assert fault.value.where is not None
    assert fault.value.where == f"{FILE}{where}" or not where
    assert fault.value.remedy


def test_a_slip_of_the_pen_gets_the_right_word() -> None:
    with pytest.raises(SettingsInvalid) as fault:
        parse_settings("custodan = 'x'", FILE)
    assert fault.value.remedy == "did you mean `custodian`?"


@pytest.mark.parametrize("key", ["custodian", "time_zone"])
def test_what_has_no_default_must_be_given(key: str) -> None:
    text = "\n".join(line for line in LEAST.splitlines() if not line.startswith(key))
    with pytest.raises(SettingsInvalid, match=f"`{key}` is missing"):
        parse_settings(text, FILE)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="not a time zone"):
        parse_settings(LEAST.replace("New_York", "Nowhere"), FILE)


def test_the_file_is_the_named_one_then_the_environment_s_then_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    with pytest.raises(NotFound) as fault:
        load_settings()
    assert "comity init" in str(fault.value.remedy)
    for name in ("comity", "other", "named"):
        (tmp_path / f"{name}.toml").write_text(LEAST.replace("philadelphia", name))
    assert load_settings().custodian == "comity"
    monkeypatch.setenv("COMITY_CONFIG", str(tmp_path / "other.toml"))
    assert load_settings().custodian == "other"
    assert load_settings(tmp_path / "named.toml").custodian == "named"


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "comity.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsInvalid, match="cannot be read"):
        load_settings(file)


def test_every_field_is_a_setting_and_every_setting_is_documented() -> None:
    fields = set(Settings.__struct_fields__) - {"file", "limits", "provider"}
    assert fields == {setting.key for setting in SETTINGS if "." not in setting.key}
    page = settings_page()
    for setting in SETTINGS:
        assert f"| `{setting.key}` |" in page
        assert setting.says in page


def test_the_file_that_init_writes_reads_back() -> None:
    given = {
        "custodian": "philadelphia",
        "time_zone": "America/New_York",
        "stack": ["a", 'b"c'],
        "limits.skew_seconds": 30,
    }
    text = settings_file(given)
    settings = parse_settings(text, FILE)
    assert settings.stack == ("a", 'b"c')
    assert settings.limits.skew_seconds == 30
    every = {s.key: s.default for s in SETTINGS if s.default is not None} | given
    assert parse_settings(settings_file(every), FILE) == settings
    assert tomllib.loads(text)["limits"] == {"skew_seconds": 30}
