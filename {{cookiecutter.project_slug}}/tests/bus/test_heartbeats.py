"""A process whose heart has stopped is noticed sooner, and only where Redis can know it."""

import asyncio
import time
from collections.abc import Collection

import pytest

from chat.bus.bus import bus, name
from chat.database import in_thread
from chat.models import Conversation, Reply
from chat.replies import elsewhere, heartbeats, processes, rows
from chat.replies.heartbeats import Heartbeats
from tests.bus.conftest import Other
from tests.redis_server import RedisServer
from tests.waiting import limit, until


@pytest.fixture(autouse=True)
def _live_shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "LIFE_SECONDS", 0.2)
    monkeypatch.setattr(heartbeats, "BEAT_SECONDS", 0.02)


async def is_steady() -> None:
    """Wait until Redis is there for long enough."""
    bus.listen(name("anything"), lambda message: None)
    await until("Redis answers", lambda: bus.up_since, lambda: "nothing")
    assert bus.up_since is not None
    while time.monotonic() - bus.up_since <= 2 * heartbeats.LIFE_SECONDS:
        await asyncio.sleep(0.01)


async def beat(other: Other, process: str) -> None:
    """A heartbeat that lasts for a whole test."""
    await other.bus.ask("SET", name("alive", process), 1, "PX", 600_000)


async def end(other: Other, process: str) -> None:
    await other.bus.ask("DEL", name("alive", process))


async def test_a_heart_that_has_stopped_is_missed(other: Other) -> None:
    await is_steady()
    others = Heartbeats()
    await beat(other, "elsewhere")
    assert await others.missing({"elsewhere", "never"}) == set()
    await end(other, "elsewhere")
    assert await others.missing({"elsewhere", "never"}) == {"elsewhere"}
    await beat(other, "elsewhere")
    assert await others.missing({"elsewhere"}) == set()


async def test_nothing_is_concluded_while_redis_is_away_or_has_just_come_back(
    other: Other, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await is_steady()
    others = Heartbeats()
    await beat(other, "elsewhere")
    assert await others.missing({"elsewhere"}) == set()
    await end(other, "elsewhere")
    redis.stop()
    await until("it is noticed", lambda: bus.up_since is None, lambda: bus.up_since)
    assert await others.missing({"elsewhere"}) == set()
    monkeypatch.setattr(heartbeats, "LIFE_SECONDS", 600)
    redis.start()
    await until("Redis answers", lambda: bus.up_since, lambda: "nothing")
    assert await others.missing({"elsewhere"}) == set()


@pytest.mark.django_db(transaction=True)
async def test_a_dead_process_is_known_sooner_without_its_heartbeat(
    other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(processes, "LONGEST_SILENCE", 600)
    monkeypatch.setattr(processes, "SHORT_SILENCE", 0.1)
    missing, is_heard = Heartbeats.missing, asyncio.Event()

    async def hear(heartbeats: Heartbeats, others: Collection[str]) -> set[str]:
        found = await missing(heartbeats, others)
        if others:
            is_heard.set()
        return found

    monkeypatch.setattr(Heartbeats, "missing", hear)
    await is_steady()
    reply: Reply
    reply, _ = await in_thread(rows.ask)(Conversation(visitor="somebody"), "prompt")
    await Reply.objects.filter(pk=reply.pk).aupdate(process="elsewhere")
    await beat(other, "elsewhere")
    async with limit("its reply is interrupted"), asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(elsewhere.look((), lambda conversation: None))
        await is_heard.wait()
        await end(other, "elsewhere")
        while reply.status == "streaming":
            await asyncio.sleep(0.01)
            await reply.arefresh_from_db()
        looking.cancel()
    assert reply.status == "interrupted"


async def test_the_heart_beats_while_replies_are_running(other: Other) -> None:
    await is_steady()
    running = ["a reply"]
    key = name("alive", processes.this_process())
    beating = asyncio.create_task(heartbeats.beat(running))
    async with limit("others hear it"):
        while await other.bus.ask("MGET", key) != ["1"]:
            await asyncio.sleep(0.01)
    running.clear()
    async with limit("it ends"):
        await beating
        while await other.bus.ask("MGET", key) == ["1"]:
            await asyncio.sleep(0.01)
