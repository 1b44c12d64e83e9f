"""Two server processes with Redis: what one streams, the other shows and stops without the rows."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from fake_model.server import FakeModel
from tests.browser.actions import button, expect_status, expect_words, last_reply, send
from tests.browser.conftest import open_chat
from tests.conftest import seen_by
from tests.redis_server import RedisServer
from tests.server import DATABASE, Server

# A reply may flow for longer than a busy machine needs for all of the test.
LONG = {"CHAT_MAX_OUTPUT_TOKENS": "20000"}


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
def one(redis: RedisServer, tmp_path: Path, upstream: FakeModel) -> Iterator[Server]:
    with Server(tmp_path, upstream, REDIS_URL=redis.url, **LONG) as server:
        yield server


@pytest.fixture
def other(one: Server, tmp_path: Path, upstream: FakeModel) -> Iterator[Server]:
    """Another process of `one`'s site."""
    (tmp_path / "other").mkdir()
    shared = {name: one.environment[name] for name in ("DATABASE_URL", "REDIS_URL")}
    with Server(tmp_path / "other", upstream, **shared, **LONG) as server:
        yield server


@contextmanager
def read_only(database: Path) -> Iterator[None]:
    """Let nobody else write a row."""
    with closing(sqlite3.connect(database, timeout=10, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


async def test_text_and_stop_cross_while_no_row_can_be_written(
    tab: Page, one: Server, other: Server, upstream: FakeModel, tmp_path: Path
) -> None:
    before = len(upstream.record)
    await open_chat(tab, one)
    await send(tab, "/long 20000")
    await expect_words(tab)
    elsewhere = await tab.context.new_page()
    await elsewhere.goto(tab.url.replace(one.url, other.url))
    await expect_status(elsewhere, "streaming")
    text = last_reply(elsewhere).locator(".text")
    shown = await text.inner_text()
    await expect(text).not_to_have_text(shown)

    with read_only(tmp_path / DATABASE):
        for _ in range(2):
            shown = await text.inner_text()
            await expect(text).not_to_have_text(shown)
        await button(elsewhere, "Stop").click()
        await seen_by(upstream, lambda record: record[before].ended_by == "client")
    await expect_status(elsewhere, "stopped")
    await expect_status(tab, "stopped")
