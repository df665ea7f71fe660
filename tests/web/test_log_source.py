"""Reading a log from the web or a folder: what is missing is missing, what fails is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from comity.errors import NotFound, Unreachable
from comity.web import log_source
from comity.web.log_folder import FolderLog
from comity.web.log_source import WebLog, source_of


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_source, "PAUSE_SECONDS", 0.0)


def web(answer: Callable[[httpx.Request], httpx.Response]) -> WebLog:
    return WebLog("https://log.example/2026/", httpx.MockTransport(answer))


def test_paths_stand_under_the_prefix() -> None:
    asked = list[str]()

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, content=b"hashes")

    log = web(answer)
    assert log("tile/0/x001/234.p/7") == b"hashes"
    assert asked == ["https://log.example/2026/tile/0/x001/234.p/7"]
    log.close()


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_none(status: int) -> None:
    assert web(lambda _: httpx.Response(status))("checkpoint") is None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_asked_again(status: int) -> None:
    answers = iter([httpx.Response(status), httpx.Response(status), httpx.Response(200)])
    assert web(lambda _: next(answers))("checkpoint") == b""


def test_a_server_that_stays_in_trouble_is_no_missing_tile() -> None:
    count = list[int]()

    def answer(_request: httpx.Request) -> httpx.Response:
        count.append(1)
        return httpx.Response(500)

    with pytest.raises(Unreachable) as fault:
        web(answer)("tile/0/000")
    assert fault.value.where == "https://log.example/2026/tile/0/000"
    assert len(count) == log_source.TRIES


@pytest.mark.parametrize("status", [204, 206, 301, 302, 401, 403])
def test_any_other_answer_is_not_taken_for_the_log(status: int) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers={"location": "https://elsewhere.example/"})

    with pytest.raises(Unreachable, match=f"answers {status}"):
        web(answer)("checkpoint")


def test_a_line_that_breaks_is_tried_again() -> None:
    tries = list[int]()

    def answer(request: httpx.Request) -> httpx.Response:
        tries.append(1)
        if len(tries) < 3:
            raise httpx.ReadTimeout("slow", request=request)
        return httpx.Response(200, content=b"here")

    assert web(answer)("checkpoint") == b"here"


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_source, "BYTES_MAX", 100)
    assert web(lambda _: httpx.Response(200, content=bytes(100)))("checkpoint") == bytes(100)
    with pytest.raises(Unreachable, match="more than 100 bytes"):
        web(lambda _: httpx.Response(200, content=bytes(101)))("checkpoint")


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "tile").mkdir()
    (tmp_path / "checkpoint").write_bytes(b"signed")
    log = source_of(str(tmp_path))
    assert isinstance(log, FolderLog)
    assert log("checkpoint") == b"signed"
    assert log("tile") is None
    assert log("tile/0/000") is None
    assert log("checkpoint/000") is None


def test_a_place_is_an_address_or_a_folder(tmp_path: Path) -> None:
    assert isinstance(source_of("http://log.example"), WebLog)
    for place in (str(tmp_path / "nowhere"), "ftp://log.example/", "log.example"):
        with pytest.raises(NotFound, match="neither a folder nor"):
            source_of(place)
    with pytest.raises(NotFound, match="not an address"):
        WebLog("http://log.example:port")("checkpoint")
