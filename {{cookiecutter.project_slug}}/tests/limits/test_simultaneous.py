"""Twenty prompts at the same moment: what fits is let through, and no more."""

import asyncio
import json
import re
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings
from websockets.asyncio.client import connect

from chat.limits import hooks
from chat.limits.messages import LimitError
from chat.limits.models import Account, Reservation
from chat.models import Conversation, Reply, Turn
from chat.replies import rows
from chat.replies.registry import replies
from fake_model.record import Entry
from fake_model.server import FakeModel
from tests.conftest import seen_by
from tests.server import START_SECONDS, Server
from tests.waiting import limit

pytestmark = pytest.mark.django_db(transaction=True)

PROMPTS = 20
DAY, OUTPUT = 1000, 100
# Each reply would be longer, and ends at its limit.
PROMPT = "/long 300"
# In `chat:end`, or in the article of a reply that has ended before it is first shown.
ENDED = re.compile(r'(?:"status": ?"|assistant\\" data-status=\\")(complete|failed)')
SCOPE: dict[str, Any] = {"headers": [], "client": ("192.0.2.1", 1234)}


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER, settings.CHAT_MAX_OUTPUT_TOKENS = DAY, OUTPUT
    settings.CHAT_TOOL_ROUNDS = 0  # tools


def paid(prompt: str) -> hooks.Begin:
    return hooks.paid(partial(rows.ask, prompt=prompt), SCOPE)


def expect_what_fits(entries: list[Entry]) -> None:
    """A reply with its prompt needs a little more than its output."""
    spent = sum(entry.tokens for entry in entries)
    assert OUTPUT * 7 <= spent <= DAY
    assert all(entry.finished for entry in entries)


async def test_in_one_process(model: FakeModel) -> None:
    conversations = [Conversation(visitor=f"{number}") for number in range(PROMPTS)]
    begun = await asyncio.gather(
        *(replies.start(it.pk, partial(paid(PROMPT), it)) for it in conversations),
        return_exceptions=True,
    )
    refused = [it for it in begun if isinstance(it, LimitError)]
    let_through = [it for it in begun if isinstance(it, Reply)]
    assert len(refused) + len(let_through) == PROMPTS
    async with limit("every reply ends"):
        while await Reply.objects.filter(status="streaming").aexists():
            await asyncio.sleep(0.02)
    assert len(model.record) == len(let_through) == await Turn.objects.acount()
    expect_what_fits([*model.record])
    rows_of_replies = [it async for it in Reply.objects.all()]
    counted = sum((it.input_tokens or 0) + (it.output_tokens or 0) for it in rows_of_replies)
    address = await Account.objects.order_by("-used").afirst()
    assert address is not None and address.used == counted <= DAY
    assert not await Reservation.objects.aexists()


def test_in_threads() -> None:
    """Each with a connection and a transaction of its own, which a server does not even have."""

    def send(number: int) -> int:
        try:
            _, request = paid(PROMPT)(Conversation(visitor=f"{number}"))
        except LimitError:
            return 0
        else:
            return request.max_output_tokens
        finally:
            connections.close_all()

    with ThreadPoolExecutor(PROMPTS) as threads:
        granted = list(threads.map(send, range(PROMPTS)))
    assert OUTPUT * 7 <= sum(granted) <= DAY
    assert Turn.objects.count() == len([it for it in granted if it])
    held = sum(
        Reservation.objects.filter(account__key=_most_held()).values_list("tokens", flat=True)
    )
    assert held <= DAY


def _most_held() -> str:
    keys = list(Reservation.objects.values_list("account__key", flat=True))
    return max(keys, key=keys.count)


async def test_in_two_processes(model: FakeModel, tmp_path: Path) -> None:
    variables = {
        "CHAT_DAILY_TOKENS_PER_USER": str(DAY),
        "CHAT_MAX_OUTPUT_TOKENS": str(OUTPUT),
        "CHAT_TOOL_ROUNDS": "0",  # tools
    }
    with Server(tmp_path, model, **variables) as one:
        other = Server(tmp_path, model, **variables)
        try:
            await asyncio.to_thread(other.start)
            sends = [send(server.url) for server in (one, other) for _ in range(PROMPTS // 2)]
            shown = await asyncio.gather(*sends)
        finally:
            other.kill()
        counted = one.rows("SELECT max(used) AS used FROM chat_account")[0]["used"]
        held = one.rows("SELECT * FROM chat_reservation")
        turns = one.rows("SELECT * FROM chat_turn")
    assert shown.count("complete") == len(model.record) == len(turns)
    assert shown.count("refused") == PROMPTS - len(turns)
    expect_what_fits([*model.record])
    assert sum(entry.tokens for entry in model.record) < counted <= DAY
    assert held == []


async def test_in_two_processes_a_minute_has_as_many_requests_as_it_may(
    model: FakeModel, tmp_path: Path
) -> None:
    variables = {"CHAT_REQUESTS_PER_MINUTE": "7"}
    with Server(tmp_path, model, **variables) as one:
        other = Server(tmp_path, model, **variables)
        try:
            await asyncio.to_thread(other.start)
            sends = [send(server.url) for server in (one, other) for _ in range(PROMPTS // 2)]
            shown = await asyncio.gather(*sends)
        finally:
            other.kill()
    await seen_by(model, lambda record: len(record) == 7)
    assert (shown.count("complete"), shown.count("refused")) == (7, PROMPTS - 7)


async def send(url: str) -> str:
    """Send a prompt as a new visitor. Returns how its reply ends, or "refused"."""

    def visit() -> tuple[str, str]:
        with urllib.request.urlopen(url, timeout=START_SECONDS) as page:
            headers = page.headers.get_all("Set-Cookie")
            cookies = "; ".join(cookie.partition(";")[0] for cookie in headers)
            found = re.search(r'data-conversation="([^"]+)"', page.read().decode())
            assert found
            return cookies, found[1]

    cookies, conversation = await asyncio.to_thread(visit)
    socket = f"ws{url.removeprefix('http')}ws/live/"
    headers = {"Cookie": cookies, "Origin": url.rstrip("/")}
    async with (
        asyncio.timeout(START_SECONDS),
        connect(socket, additional_headers=headers) as page,
    ):
        view = "chat.page.chat_view.ChatView"
        await page.send(json.dumps({"type": "mount", "view": view, "url": "/"}))
        frame = ""
        while "dj-submit" not in frame:
            frame = str(await page.recv())
        follow = {"conversation": conversation, "turn": 0, "reply": 0, "status": ""}
        for name, params in (("follow", follow), ("submit", {"prompt": PROMPT})):
            event = {"type": "event", "event": name, "params": params}
            await page.send(json.dumps(event))
        while True:
            frame = str(await page.recv())
            # A push event is of the log, any other frame of the controls.
            if "push_event" not in frame:
                if "network address" in frame:
                    return "refused"
            elif found := ENDED.search(frame):
                return found[1]
