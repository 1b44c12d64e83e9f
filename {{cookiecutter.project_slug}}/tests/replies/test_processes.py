"""A reply is taken for dead only when its process is."""

import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
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
    monkeypatch.setattr(processes, "_last_saves", {})

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


def dead_after(reply: Reply, clock: Callable[[float], None], looks: Iterable[int]) -> int | None:
    """At which of the looks, which are seconds, the reply's process is taken for dead."""
    for second in looks:
        clock(second)
        if status_after_a_look(reply) == "interrupted":
            return second
    return None


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
    assert dead_after(reply, clock, range(0, 12, elsewhere.LOOK_SECONDS)) == 4


def test_a_process_that_saves_while_it_is_taken_for_dead_lives(
    reply: Reply, clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(saves: dict[str, datetime], silent: Collection[str]) -> list[str]:
        Reply.objects.update(saved_at=timezone.now())
        return list(saves)

    monkeypatch.setattr(processes, "dead", dead)
    assert status_after_a_look(reply) == "streaming"


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
    """It has time to save again. One that has died meanwhile is found a little later."""
    assert dead_after(reply, clock, [0, 1, *range(61, 80)]) == 67


def test_the_dead_are_found_by_a_process_that_can_look_seldom(
    reply: Reply, clock: Callable[[float], None]
) -> None:
    assert dead_after(reply, clock, range(0, 60, 10)) == 50


def test_the_locks_of_the_dead_are_removed(other: "subprocess.Popen[str]", locks: Path) -> None:
    (locks / "dead.lock").touch()
    processes.remove_locks_of_the_dead()
    assert [path.name for path in locks.iterdir()] == ["other.lock"]
