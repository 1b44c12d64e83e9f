"""Lets a test end only when nothing of it goes on: the next one counts from what it finds."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fake_model.server import FakeModel
from tests.conftest import seen_by
from tests.server import Server
from tests.waiting import SOON, until

STREAMING = """
    select chat_reply.id, chat_turn.prompt from chat_reply join chat_turn on chat_turn.id = turn_id
    where status = 'streaming'
"""


def streaming(servers: Sequence[Server]) -> set[tuple[Any, ...]]:
    """The replies of these servers that stream, with their prompts."""
    return {(server.url, *row.values()) for server in servers for row in server.rows(STREAMING)}


@asynccontextmanager
async def nothing_left(upstream: FakeModel, servers: Sequence[Server]) -> AsyncIterator[None]:
    """Wait at the end until each reply of the block has ended, and each request.

    Raises TimeoutError. What streams before the block is left by a test that has failed.
    """
    left, first = streaming(servers), len(upstream.record)
    yield
    await until(
        "each reply of the test ends",
        lambda: streaming(servers) <= left,
        lambda: streaming(servers) - left,
    )
    # Connections are taken in their order: by then, each request that was sent is in the record.
    await asyncio.to_thread(ask, f"{upstream.record_url}record")
    await seen_by(
        upstream,
        lambda record: all(entry.ended for entry in record[first:]),
        "each request of the test ends",
    )


def ask(url: str) -> None:
    urllib.request.urlopen(url, timeout=SOON).close()
