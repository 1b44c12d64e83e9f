"""Metrics are measured where CHAT_METRICS_ADDRESS says so, and for Prometheus alone."""

import asyncio
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings as project
from django.test import Client
from pytest_django import Settings

from chat import lifespan, metrics
from chat.models import Conversation, Reply
from chat.replies import rows
from chat.replies.running_reply import RunningReply
from fake_model.server import FakeModel
from tests.ports import free_port
from tests.server import environment
from tests.waiting import SOON, limit, until

Status = Reply.Status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    """Where the metrics are, once the test has started them."""
    port = free_port()
    settings.CHAT_METRICS_ADDRESS = ("127.0.0.1", port)
    yield f"http://127.0.0.1:{port}/metrics"
    metrics.end()


async def scrape(address: str) -> dict[str, float]:
    """What Prometheus would read: each sample with its labels."""

    def read() -> str:
        with urllib.request.urlopen(address, timeout=SOON) as response:
            text: str = response.read().decode()
            return text

    lines = (await asyncio.to_thread(read)).splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


def begin(prompt: str) -> RunningReply:
    return RunningReply(partial(rows.ask, Conversation(visitor="tests"), prompt), lambda: None)


async def test_a_reply_is_counted_at_its_end(model: FakeModel, address: str) -> None:
    assert metrics.start() == ""
    running = begin("/long 20")
    async with limit("the reply ends"):
        await running.run()
    seen, reply = await scrape(address), running.reply
    assert seen['chat_replies_total{status="' + reply.status + '"}'] == 1
    tokens = 'chat_tokens_total{direction="%s",model="' + reply.model + '"}'  # usage
    assert seen[tokens % "input"] == reply.input_tokens  # usage
    assert seen[tokens % "output"] == reply.output_tokens  # usage
    assert seen["chat_first_token_seconds_sum"] == reply.first_token_seconds  # usage
    assert (seen["chat_streams"], seen["chat_stop_seconds_count"]) == (0, 0)


async def test_a_stop_is_timed_until_the_upstream_is_closed(
    slow_model: FakeModel, address: str
) -> None:
    assert metrics.start() == ""
    running = begin("/long 500")
    task = asyncio.create_task(running.run())
    async with limit("the reply ends"):
        await running.begun
        await until("it has text", lambda: running.reply.text, lambda: running.reply)
        assert (await scrape(address))["chat_streams"] == 1
        running.stop(Status.STOPPED)
        await task
    seen = await scrape(address)
    assert (seen["chat_streams"], seen["chat_stop_seconds_count"]) == (0, 1)
    assert 0 < seen["chat_stop_seconds_sum"] < SOON
    assert seen['chat_replies_total{status="stopped"}'] == 1


async def test_the_time_of_a_stop_ends_with_the_task_that_reads(address: str) -> None:
    assert metrics.start() == ""
    closing = asyncio.create_task(asyncio.Event().wait())
    metrics.time_stop(closing)
    assert (await scrape(address))["chat_stop_seconds_count"] == 0
    closing.cancel()
    await asyncio.wait([closing])
    metrics.time_stop(closing)  # Nothing is left to close.
    assert (await scrape(address))["chat_stop_seconds_count"] == 1


async def test_the_lag_of_the_event_loop_is_measured(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "LAG_SECONDS", 0.01)
    assert metrics.start() == ""
    async with limit("the lag is measured"):
        while not (await scrape(address))["chat_loop_lag_seconds_count"]:
            await asyncio.sleep(0.01)


async def test_a_reply_that_waits_for_an_answer_has_not_ended(address: str) -> None:
    assert metrics.start() == ""
    metrics.count_reply(Reply(status=Status.STREAMING))
    assert not any(name.startswith("chat_replies_total") for name in await scrape(address))


async def test_an_address_that_is_taken_ends_the_start_with_a_sentence(address: str) -> None:
    assert metrics.start() == ""
    first = metrics._metrics
    sent = []

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, str]) -> None:
        sent.append(message)

    await lifespan.lifespan({"type": "lifespan"}, receive, send)
    [failed] = sent
    assert failed["type"] == "lifespan.startup.failed"
    assert re.match(r"CHAT_METRICS_ADDRESS=127\.0\.0\.1:\d+ cannot be used", failed["message"])
    assert metrics._metrics is first


def test_the_library_that_is_missing_is_told(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    assert "needs prometheus-client" in metrics.start()


def test_nobody_reads_them_at_the_address_of_the_page(client: Client) -> None:
    assert client.get("/metrics").status_code == 404


async def test_without_the_setting_nothing_is_measured(model: FakeModel) -> None:
    assert metrics.start() == ""
    tasks = asyncio.all_tasks()
    await begin("/long 20").run()
    assert metrics._metrics is None
    left = "no task is left"
    await until(left, lambda: asyncio.all_tasks() <= tasks, asyncio.all_tasks)


def test_without_the_setting_the_library_is_not_loaded(tmp_path: Path) -> None:
    code = "import sys, config.asgi; sys.exit('prometheus_client' in sys.modules)"
    command, variables = [sys.executable, "-c", code], environment(tmp_path)
    subprocess.run(command, cwd=project.BASE_DIR, env=variables, check=True)
