"""A reply is taken for dead only when its process is."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from chat.models import Conversation, Reply
from chat.replies import elsewhere, processes, rows, rows_elsewhere

pytestmark = pytest.mark.django_db

HOLD = """
import sys
from filelock import FileLock
lock = FileLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def locks(settings: Settings, tmp_path: Path) -> Path:
    settings.CHAT_LOCKS = tmp_path
    return tmp_path


@pytest.fixture
def other(locks: Path) -> "Iterator[subprocess.Popen[str]]":
    """Another process, which holds its lock as a server does."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(locks / "other.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock of this process, which has seen nothing yet."""
    monkeypatch.setattr(processes, "_heartbeats", {})

    def set_to(seconds: float) -> None:
        monkeypatch.setattr("chat.replies.processes.monotonic", lambda: seconds)

    return set_to


@pytest.fixture
def reply() -> Reply:
    """A reply that the other process was writing, whose last save is an hour old."""
    reply, _ = rows.ask(Conversation(visitor="somebody"), "prompt")
    reply.process, reply.saved_at = "other", timezone.now() - timedelta(hours=1)
    reply.save()
    return reply


def status_after_a_look(reply: Reply) -> str:
    rows_elsewhere.interrupt_dead()
    reply.refresh_from_db()
    return reply.status


def test_a_process_that_lives_keeps_its_replies(
    other: "subprocess.Popen[str]", reply: Reply
) -> None:
    assert status_after_a_look(reply) == "streaming"


def test_a_killed_process_loses_its_replies(other: "subprocess.Popen[str]", reply: Reply) -> None:
    other.kill()
    other.wait()
    assert status_after_a_look(reply) == "interrupted"
    assert reply.ended_at is not None


def test_a_process_that_is_silent_is_dead_within_seconds(
    reply: Reply, clock: Callable[[float], None]
) -> None:
    """Without its lock file: on another machine, or in a container that was removed."""
    statuses = {}
    for second in range(0, 12, elsewhere.LOOK_SECONDS * elsewhere.LOOKS_FOR_THE_DEAD):
        clock(second)
        statuses[second] = status_after_a_look(reply)
    dead = [second for second, status in statuses.items() if status == "interrupted"]
    assert dead, "it streams for ever"
    assert processes.LONGEST_SILENCE < dead[0] <= 10


def test_who_is_silent_in_another_way_too_is_dead_sooner(
    reply: Reply, clock: Callable[[float], None]
) -> None:
    for second in (0, 1):
        clock(second)
        rows_elsewhere.interrupt_dead({"other"})
        reply.refresh_from_db()
        assert reply.status == "streaming", "its rows must be silent as well"
    clock(2)
    rows_elsewhere.interrupt_dead({"other"})
    reply.refresh_from_db()
    assert reply.status == "interrupted"


def test_a_process_whose_clock_differs_lives_while_it_saves(
    reply: Reply, clock: Callable[[float], None]
) -> None:
    for second in range(0, 60, 2):
        clock(second)
        Reply.objects.update(saved_at=timezone.now() - timedelta(hours=1, seconds=-second))
        assert status_after_a_look(reply) == "streaming"


def test_a_database_that_was_away_kills_nobody(
    reply: Reply, clock: Callable[[float], None]
) -> None:
    for second in (0, 2, 62, 64):
        clock(second)
        assert status_after_a_look(reply) == "streaming"


def test_the_locks_of_the_dead_are_removed(other: "subprocess.Popen[str]", locks: Path) -> None:
    (locks / "dead.lock").touch()
    processes.remove_locks_of_the_dead()
    assert [path.name for path in locks.iterdir()] == ["other.lock"]
