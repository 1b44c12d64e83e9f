"""`manage.py dev` reloads what changes, and keeps its port and its built-in model."""

import json
import re
import sqlite3
import stat
import sys
import urllib.request
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed

from chat.provider import names
from config.management.reloader import snapshot
from fake_model.script import WORDS
from fake_model.server import FakeModel
from tests.conftest import KEY
from tests.dev_command import DevCommand, copy, dev, receive
from tests.waiting import SOON


def test_a_fresh_clone_is_served_and_reloads(tmp_path: Path, model: FakeModel) -> None:
    """One process for all of it, since a start takes seconds."""
    copy(tmp_path)
    with dev(tmp_path) as command:
        command.until("The chat is at")
        base_url = the_built_in_model_answers(command)
        a_new_env_file_is_private(tmp_path / ".env")
        changes_are_served_and_a_reply_is_interrupted(command, base_url)
        a_key_in_env_takes_effect(command, base_url, model)
        assert command.output.count("The chat is at") == 1


def the_built_in_model_answers(command: DevCommand) -> str:
    page, _ = command.get("")
    assert f"{names.KEY_VARIABLE}=..." in command.output
    assert "check identified" not in command.output
    assert "built-in model" in command.output
    assert "built-in model" in page
    assert all(word in page for word in WORDS)
    word, process, debug, base_url = command.health()
    record_url = f"http://{urlsplit(base_url).netloc}/"
    assert f"Its live record is at {record_url}\n" in command.output
    assert f'href="{record_url}"' in page
    assert (word, process == str(command.process.pid), debug) == ("first", False, "true")
    return base_url


def a_new_env_file_is_private(file: Path) -> None:
    assert re.search(r"^DJANGO_SECRET_KEY=\S{50}", file.read_text("utf-8"), re.MULTILINE)
    assert sys.platform == "win32" or stat.S_IMODE(file.stat().st_mode) == 0o600


def changes_are_served_and_a_reply_is_interrupted(command: DevCommand, base_url: str) -> None:
    with command.page_with_reply("/slow Tell me more") as page:
        command.edit("config/healthz.py", "first", "second\n")
        command.until("Reloading: ")
        receive(page, "interrupted")
        # The old server answers until it closes the sockets.
        with pytest.raises(ConnectionClosed):
            receive(page, "what comes after the end")
    a_mistake_is_survived(command)
    assert command.health()[::3] == ["second", base_url]
    assert 'title="second"' in command.get("")[0]
    assert requests(base_url) == 1
    with closing(sqlite3.connect(command.folder / "db.sqlite3")) as database:
        statuses = database.execute("SELECT status FROM chat_reply").fetchall()
    assert statuses == [("interrupted",)]


def a_mistake_is_survived(command: DevCommand) -> None:
    command.until("SyntaxError")
    command.until("It starts again after the next change.")
    command.edit("chat/templates/chat/page.html", "<main", '<main title="second"')
    command.edit("config/healthz.py", "second\n", "second")
    command.until("Reloading: ")


def a_key_in_env_takes_effect(command: DevCommand, base_url: str, model: FakeModel) -> None:
    # The code of the built-in model changes too: it starts anew, at the same address.
    command.edit("fake_model/script.py", '"""', '# Changed\n"""')
    lines = f"{names.BASE_URL_VARIABLE}={model.base_url}\n{names.KEY_VARIABLE}={KEY}"
    command.edit(".env", "DJANGO_DEBUG=true", "DJANGO_DEBUG=on")
    command.edit(".env", f"{names.KEY_VARIABLE}=", lines)
    command.until(f"Replies come from the server of {names.BASE_URL_VARIABLE}.")
    with command.page_with_reply("/slow Hello"):
        assert len(model.record) == 1
    word, _, *variables = command.health()
    assert (word, variables) == ("second", ["on", model.base_url])
    assert "built-in model" not in command.get("")[0]
    assert requests(base_url) == 0


def requests(base_url: str) -> int:
    """Return how many requests the built-in model has received."""
    with urllib.request.urlopen(f"http://{urlsplit(base_url).netloc}/record", timeout=SOON) as page:
        return len(json.load(page)["requests"])


def test_what_is_watched(tmp_path: Path) -> None:
    watched = {".env", "chat/a.py", "chat/templates/a.html", "fake_model/texts/a.md"}
    others = {
        ".git/a.py",
        "README.md",
        "chat/.a.py",
        "chat/__pycache__/a.py",
        "chat/static/chat/a.css",
        "db.sqlite3",
        "packages/.package-lock.json",
        "packages/a/a.html",
        "tests/a.py",
        "venv/lib/a.py",
        "venv/pyvenv.cfg",
    }
    assert snapshot(tmp_path, tmp_path / ".env") == {}
    for name in watched | others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = snapshot(tmp_path, tmp_path / ".env")
    assert {file.relative_to(tmp_path).as_posix() for file in found} == watched
