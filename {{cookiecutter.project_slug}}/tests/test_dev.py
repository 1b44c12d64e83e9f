"""`manage.py dev` serves the chat, with the built-in model where nothing else is set."""

import re
import socket
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError

from chat.provider import names
from config.management.commands.dev import listen as listen_on
from config.management.commands.dev import parse, use
from fake_model.server import FakeModel
from tests.conftest import KEY
from tests.dev_command import copy, dev
from tests.listener import listen


async def test_the_built_in_model_is_asked_past_a_proxy(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "example.com")
    # So that what `use` sets is gone after this test.
    for name in (names.BASE_URL_VARIABLE, names.KEY_VARIABLE):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(settings, "CHAT_BUILT_IN_MODEL", None)
    monkeypatch.setattr(settings, "CHAT_BUILT_IN_RECORD", "")
    use(model.base_url)
    heard = await listen("/echo Hello")
    assert (heard.error, heard.text) == (None, "Hello")
    assert urllib.request.getproxies()["no"] == "example.com,127.0.0.1"


def test_with_a_key_or_an_address_it_does_not(tmp_path: Path) -> None:
    copy(tmp_path)
    (tmp_path / ".env").write_text("DJANGO_DEBUG=true\n", encoding="utf-8")
    key, address = {names.KEY_VARIABLE: KEY}, {names.BASE_URL_VARIABLE: "http://127.0.0.1:9/"}
    # Both start at once, and only one creates the tables of their database.
    with dev(tmp_path, "--noreload", **key) as one, dev(tmp_path, "--noreload", **address) as two:
        sources = {one: names.TITLE, two: f"the server of {names.BASE_URL_VARIABLE}"}
        for command, source in sources.items():
            command.until("The chat is at")
            assert f"Replies come from {source}." in command.output
            assert "record" not in command.output
            assert "built-in model" not in command.output + command.get("")[0]
            assert command.health()[1] == str(command.process.pid), "it serves in another process"


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


def test_what_is_sent_does_not_wait_for_what_was_sent_before() -> None:
    with (
        listen_on("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(CommandError, match="Cannot listen: "):
        listen_on("192.0.2.1", 8001)


def test_a_database_that_cannot_be_opened_is_told_in_one_sentence(tmp_path: Path) -> None:
    copy(tmp_path)
    missing = (tmp_path / "missing" / "db.sqlite3").as_posix()
    with dev(tmp_path, DATABASE_URL=f"sqlite:///{missing}") as command:
        output = command.wait()
    assert command.process.returncode == 1
    assert output.startswith("CommandError: The database does not work: unable to open")
    assert "DATABASE_URL" in output
    assert output.count("\n") == 1
