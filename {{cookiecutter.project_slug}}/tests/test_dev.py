"""`manage.py dev` serves the chat, with the built-in model where nothing else is set."""

import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError

from chat.management.commands.dev import listen as listen_on
from chat.management.commands.dev import parse, use
from chat.provider import names
from fake_model.script import WORDS
from fake_model.server import FakeModel
from tests.listener import listen
from tests.server import START_SECONDS, environment


@contextmanager
def dev(folder: Path, *arguments: str, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    """Run `manage.py dev` for as long as the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "dev", *arguments],
        cwd=settings.BASE_DIR,
        env=environment(folder, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=START_SECONDS)


def said_until_it_served(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    said = ""
    while "The chat is at" not in said:
        line = process.stdout.readline()
        assert line, f"it has ended: {said}"
        said += line
    return said


def page_of(said: str) -> str:
    with urllib.request.urlopen(re.findall(r"http://\S+", said)[-1], timeout=START_SECONDS) as page:
        text: str = page.read().decode()
        return text


def test_without_key_and_address_the_built_in_model_answers_and_the_page_says_so(
    tmp_path: Path,
) -> None:
    with dev(tmp_path, "0", **{names.KEY_VARIABLE: " ", names.BASE_URL_VARIABLE: ""}) as process:
        said = said_until_it_served(process)
        page = page_of(said)
    assert "built-in model" in said
    assert f"{names.KEY_VARIABLE}=..." in said
    assert "check identified" not in said
    assert "built-in model" in page
    assert all(word in page for word in WORDS)


async def test_the_built_in_model_is_asked_past_a_proxy(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "example.com")
    monkeypatch.setattr(settings, "CHAT_BUILT_IN_MODEL", None)
    use(model)
    heard = await listen("/echo Hello")
    assert (heard.error, heard.text) == (None, "Hello")
    assert urllib.request.getproxies()["no"] == "example.com,127.0.0.1"


def test_with_a_key_or_an_address_it_does_not(tmp_path: Path) -> None:
    # Started together, of which only one makes the tables of their database.
    key = {names.KEY_VARIABLE: "a key", names.BASE_URL_VARIABLE: ""}
    address = {names.KEY_VARIABLE: "", names.BASE_URL_VARIABLE: "http://127.0.0.1:9/"}
    with dev(tmp_path, "0", **key) as one, dev(tmp_path, "0", **address) as other:
        sources = {one: names.TITLE, other: f"the server of {names.BASE_URL_VARIABLE}"}
        for process, source in sources.items():
            said = said_until_it_served(process)
            assert f"Replies come from {source}." in said
            assert "built-in model" not in said + page_of(said)


@pytest.mark.parametrize(
    ("addrport", "expected"),
    [
        ("", ("127.0.0.1", 8000)),
        ("8001", ("127.0.0.1", 8001)),
        ("0:8001", ("0", 8001)),
        ("0.0.0.0:8001", ("0.0.0.0", 8001)),
        ("localhost:8001", ("localhost", 8001)),
        ("[::1]:8001", ("::1", 8001)),
    ],
)
def test_an_address_is_read_as_runserver_does(addrport: str, expected: tuple[str, int]) -> None:
    assert parse(addrport) == expected


@pytest.mark.parametrize("addrport", ["abc", "127.0.0.1", "127.0.0.1:", "::1:8001", "70000"])
def test_what_is_no_address_is_refused(addrport: str) -> None:
    with pytest.raises(CommandError, match=f'"{re.escape(addrport)}" is not a valid port'):
        parse(addrport)


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=rf"Cannot listen: .*{port}.*dev {port + 1}"):
            listen_on("127.0.0.1", port)


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(CommandError, match="Cannot listen: "):
        listen_on("192.0.2.1", 8001)


def test_a_database_that_cannot_be_opened_is_told_in_one_sentence(tmp_path: Path) -> None:
    missing = (tmp_path / "missing" / "db.sqlite3").as_posix()
    with dev(tmp_path, "0", DATABASE_URL=f"sqlite:///{missing}") as process:
        said, _ = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 1
    assert said.startswith("CommandError: The database does not work: unable to open")
    assert "DATABASE_URL" in said
    assert said.count("\n") == 1
