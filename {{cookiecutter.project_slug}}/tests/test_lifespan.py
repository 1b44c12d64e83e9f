"""The start and the end of the server, where something is wrong."""

import asyncio
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, OperationalError, ProgrammingError
from pytest_django import Settings

from chat import lifespan
from chat.replies import processes
from chat.replies.registry import replies
from tests.waiting import SOON, limit, until


async def test_a_fault_while_replies_are_interrupted_does_not_keep_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken() -> None:
        raise RuntimeError("of our own making")

    ended = asyncio.Event()
    monkeypatch.setattr(lifespan, "_ending", set())
    monkeypatch.setattr(lifespan, "ending", threading.Event())
    monkeypatch.setattr(replies, "interrupt_all", broken)
    lifespan._interrupt_first(
        asyncio.get_running_loop(), lambda *_: ended.set(), signal.SIGTERM, None
    )
    assert lifespan.ending.is_set()
    async with asyncio.timeout(SOON):
        await ended.wait()
    (task,) = lifespan._ending
    with pytest.raises(RuntimeError, match="of our own making"):
        await task


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the chat tells the server. A start that is tried here takes no signals of the tests."""
    monkeypatch.setattr(lifespan, "interrupt_on_signals", lambda: None)
    monkeypatch.setattr(replies, "look_elsewhere", lambda: None)
    return []


async def start(sent: list[dict[str, Any]]) -> None:
    """Send the message of the startup, and none after it."""
    messages = [{"type": "lifespan.startup"}]

    async def receive() -> dict[str, Any]:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await lifespan.lifespan({"type": "lifespan"}, receive, send)


@pytest.mark.django_db(transaction=True)
async def test_locks_that_cannot_be_written_are_told(
    sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> None:
        raise PermissionError(13, "Permission denied", "other.lock")

    monkeypatch.setattr(processes, "remove_locks_of_the_dead", refused)
    async with limit("the start is refused"):
        await start(sent)
    assert sent[0]["type"] == "lifespan.startup.failed"
    assert "other.lock" in sent[0]["message"]
    assert str(Path("locks")) in sent[0]["message"]


@pytest.mark.django_db(transaction=True)
async def test_code_that_cannot_be_loaded_ends_the_start(
    sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ModuleNotFoundError("No module named 'gone'")

    monkeypatch.setattr(lifespan, "load_all", broken)
    async with limit("the start is refused"):
        await start(sent)
    assert sent[0]["type"] == "lifespan.startup.failed"
    assert "No module named 'gone'" in sent[0]["message"]
    assert "in broken" in caplog.text, "the log says where"


@pytest.mark.django_db(transaction=True)
async def test_with_debug_the_page_does_not_wait_and_a_fault_is_logged_at_once(
    sent: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    settings: Settings,
) -> None:
    is_served = threading.Event()

    def broken() -> None:
        is_served.wait(SOON)
        raise ModuleNotFoundError("No module named 'gone'")

    settings.DEBUG = True
    monkeypatch.setattr(lifespan, "load_all", broken)
    serving = asyncio.create_task(start(sent))
    try:
        await until("the page is served", lambda: sent, lambda: sent)
        assert sent == [{"type": "lifespan.startup.complete"}]
        is_served.set()
        await until("it is logged", lambda: "named 'gone'" in caplog.text, lambda: caplog.text)
    finally:
        serving.cancel()


@pytest.mark.django_db(transaction=True)
async def test_with_debug_a_fault_while_loading_does_not_break_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    def broken() -> None:
        raise ImportError("no such SDK")

    async def interrupt_all() -> None:
        pass

    settings.DEBUG = True
    monkeypatch.setattr(lifespan, "load_all", broken)
    monkeypatch.setattr(lifespan, "interrupt_on_signals", lambda: None)
    monkeypatch.setattr(lifespan, "ending", threading.Event())
    monkeypatch.setattr(replies, "interrupt_all", interrupt_all)
    messages = ["lifespan.startup", "lifespan.shutdown"]
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        async with limit("the fault is logged before the end"):
            while len(messages) == 1 and "no such SDK" not in caplog.text:
                await asyncio.sleep(0.01)
        return {"type": messages.pop(0)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    await lifespan.lifespan({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize("setting", ["ROOT_URLCONF", "LIVEVIEW_ALLOWED_MODULES"])
def test_what_is_imported_at_the_first_page_is_loaded_at_the_start(
    setting: str, settings: Settings
) -> None:
    setattr(settings, setting, "gone" if setting == "ROOT_URLCONF" else ["gone"])
    with pytest.raises(ModuleNotFoundError, match="gone"):
        lifespan.load_all()


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (OperationalError("no such table: chat_reply"), "Run: python manage.py migrate"),
        (ProgrammingError('relation "chat_reply" does not exist'), "Run: python manage.py migrate"),
        (OperationalError("attempt to write a readonly database"), "Let the user of the server"),
        (OperationalError("unable to open database file"), "Let the user of the server write to"),
    ],
)
def test_a_database_that_does_not_work_is_told_with_what_mends_it(error: Error, hint: str) -> None:
    assert hint in lifespan.database_hint(error)
