"""The pages of the built-in model: the live record, as it changes, and who may read them."""

import asyncio
import http.client
import json
import math
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from fake_model import WORDS, FakeModel, Record, live, pages
from fake_model.record import Entry
from tests.waiting import SOON, limit

PAGES = [*pages.FILES, pages.RECORD, pages.WORDS, pages.LIVE]


@pytest.fixture
def model() -> Iterator[FakeModel]:
    with FakeModel(tokens_per_second=math.inf) as model:
        yield model


def get(model: FakeModel, path: str, host: str = "127.0.0.1") -> http.client.HTTPResponse:
    address = urlsplit(model.record_url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=SOON)
    connection.request("GET", path, headers={"Host": f"{host}:{address.port}"})
    return connection.getresponse()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_no_request_to_the_model(model: FakeModel, path: str) -> None:
    assert get(model, path).status == 200
    assert len(model.record) == 0


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("host", ["rebound.example.com", "localhost.example.com", "[", ""])
def test_a_strange_name_is_refused(model: FakeModel, path: str, host: str) -> None:
    """A name that a stranger has pointed at this machine (DNS rebinding)."""
    assert get(model, path, host).status == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]", "192.0.2.7"])
def test_an_address_is_not_refused(model: FakeModel, host: str) -> None:
    assert get(model, "/record", host).status == 200


def test_the_name_that_it_listens_on_is_not_refused() -> None:
    assert pages.names_this_server("class.example.com:9000", "class.example.com")
    assert not pages.names_this_server("class.example.com:9000", "0.0.0.0")


def test_all_addresses_of_the_machine_are_reached_by_one() -> None:
    with FakeModel("0.0.0.0") as model:
        assert model.base_url.startswith("http://127.0.0.1:")
        assert get(model, "/record").status == 200


@pytest.mark.parametrize("path", [*pages.FILES, pages.RECORD, pages.WORDS])
def test_a_page_loads_only_its_own_files(model: FakeModel, path: str) -> None:
    policy = get(model, path).getheader("Content-Security-Policy") or ""
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy


def test_the_live_record_holds_no_script_or_style_itself() -> None:
    html = (pages.FOLDER / "record.html").read_text(encoding="utf-8")
    assert re.findall(r"<script[^>]*>(.+?)</script>|<style|style=|\son\w+=", html) == []
    assert '<script defer src="/record.js">' in html


def test_the_words_are_listed(model: FakeModel) -> None:
    text = get(model, "/words").read().decode()
    assert all(word in text and line in text for word, line in WORDS.items())


async def next_event(events: Any) -> tuple[str, dict[str, Any]]:
    async with limit("the record sends an event"):
        event = (await anext(events)).decode()
    name, data = re.search(r"^event: (\w+)\ndata: (.*)\n\n$", event, re.M).groups()  # type: ignore[union-attr]
    return name, json.loads(data)


async def test_the_first_event_has_all_rows_and_a_later_one_those_that_changed() -> None:
    record = Record()
    done, open_one = (Entry("/v1", planned=9) for _ in range(2))
    record.add(done)
    done.ended, done.ended_by = done.received, "client"
    record.add(open_one)
    events = live.events(record)
    name, data = await next_event(events)
    assert (name, [row["number"] for row in data["rows"]]) == ("all", [1, 2])
    open_one.tokens = 5
    record.add(Entry("/v1"))
    name, data = await next_event(events)
    assert (name, [row["number"] for row in data["rows"]]) == ("some", [2, 3])
    assert data["rows"][0]["tokens"] == "5 of 9"
    await events.aclose()  # type: ignore[attr-defined]


def test_a_row_is_sent_only_when_it_has_changed() -> None:
    record, shown = Record(), dict[int, Any]()
    for _ in range(2):
        record.add(Entry("/v1"))
    assert len(live.update(record, shown)) == 2
    assert live.update(record, shown) == []
    record[0].tokens = 1
    assert [row["number"] for row in live.update(record, shown)] == [1]


def test_of_a_long_record_the_newest_rows_are_shown() -> None:
    record, shown = Record(), dict[int, Any]()
    for _ in range(live.MOST_ROWS + 5):
        record.add(Entry("/v1"))
    live.update(record, shown)
    assert (min(shown), len(shown)) == (6, live.MOST_ROWS)
    record.add(Entry("/v1"))
    live.update(record, shown)
    assert (min(shown), len(shown)) == (7, live.MOST_ROWS)


async def test_nothing_is_left_of_a_reader_who_has_left(model: FakeModel) -> None:
    response = get(model, "/live")
    assert response.readline() == b"retry: 1000\n"
    tasks = asyncio.all_tasks(model._loop)
    response.close()
    async with limit("the live record ends with its reader", lambda: tasks):
        while asyncio.all_tasks(model._loop) >= tasks:
            await asyncio.sleep(0.01)
