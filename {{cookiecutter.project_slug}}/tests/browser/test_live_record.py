"""The live record of the built-in model: rows grow, and say by whom they were ended."""

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from fake_model.server import FakeModel
from tests.browser.actions import expect_status, send
from tests.browser.axe import check
from tests.browser.conftest import no_errors, open_chat
from tests.ports import free_port
from tests.server import Server


@pytest.fixture(scope="module")
def watched() -> Iterator[FakeModel]:
    """A model of these tests alone."""
    with FakeModel(tokens_per_second=100) as model:
        yield model


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory, watched: FakeModel) -> Iterator[Server]:
    """A chat that asks this model, and closes a reply at once when its page has gone."""
    folder = tmp_path_factory.mktemp("watched")
    with Server(folder, watched, CHAT_DISCONNECT_GRACE_SECONDS="0") as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def record(tab: Page, watched: FakeModel) -> AsyncIterator[Page]:
    """The live record, beside the shared page. The test fails on any error in the console."""
    page = await tab.context.new_page()
    async with no_errors(page):
        await page.goto(watched.record_url)
        yield page
        await page.close()


def row(record: Page, prompt: str) -> Locator:
    """The newest request with this prompt."""
    header = record.get_by_role("rowheader", name=prompt)
    return record.get_by_role("row").filter(has=header).first


async def test_each_end_is_told_with_who_ended_it(tab: Page, record: Page, chat: Server) -> None:
    told = record.get_by_role("status")
    await open_chat(tab, chat)

    await send(tab, "/echo Hello")
    await expect(row(record, "/echo Hello")).to_contain_text("closed by the model")
    await expect(told).to_contain_text(re.compile(r"^Request \d+: Complete after \d+ tokens?: cl"))
    await expect_status(tab, "complete")

    await send(tab, "/drop")
    await expect(row(record, "/drop")).to_contain_text("Broken off by the model after")
    await expect_status(tab, "failed")

    await send(tab, "/silent")
    await expect(row(record, "/silent")).to_contain_text("No byte yet")
    await tab.keyboard.press("Escape")
    await expect(row(record, "/silent")).to_contain_text("before the first byte")
    await expect(told).to_contain_text("Closed by the client")

    await send(tab, "/long 2000")
    stopped = row(record, "/long 2000")
    await expect(stopped).to_contain_text(re.compile(r"\d of 2,000"))
    before = await stopped.get_by_role("cell").first.inner_text()
    await expect(stopped.get_by_role("cell").first).not_to_have_text(before)
    await tab.keyboard.press("Escape")
    end = re.compile(r"Closed by the client after \d+ of 2,000 tokens")
    await expect(stopped).to_contain_text(end)
    await expect(stopped).to_contain_text(re.compile(r"first byte: [\d.]+\Wm?s"))

    await send(tab, "/stall")
    await expect(row(record, "/stall")).to_contain_text("Silent for")
    await tab.goto(f"{chat.url}healthz")
    await expect(row(record, "/stall")).to_contain_text("of silence")
    await expect(told).to_contain_text("Closed by the client after")
    # The newest is first, under the row of the headings.
    await expect(record.get_by_role("row").nth(1)).to_contain_text("/stall")


async def test_axe_finds_nothing(tab: Page, record: Page, chat: Server) -> None:
    await check(record)
    await open_chat(tab, chat)
    # No row of another test has one of these prompts.
    for prompt, state in (
        ("/echo Hello, axe", "complete"),
        ("/429 axe", "refused"),
        ("/drop axe", "model"),
        ("/stall axe", "silent"),
    ):
        await send(tab, prompt)
        await expect(row(record, prompt)).to_have_attribute("data-state", state)
        if state != "silent":
            await expect_status(tab, "complete" if state == "complete" else "failed")
    await check(record)
    await tab.keyboard.press("Escape")
    await expect(row(record, "/stall axe")).to_have_attribute("data-state", "client")
    await check(record)


async def test_a_lost_connection_is_told_until_it_is_back(tab: Page) -> None:
    """The model that has started again knows nothing of what was before."""
    page = await tab.context.new_page()
    # Nobody else gets this port while no model listens on it.
    port = free_port()
    with FakeModel(port=port) as model:
        await page.goto(model.record_url)
        await expect(page.get_by_text("No request yet")).to_be_visible()
        # A request that no model would take is recorded as well.
        await page.evaluate("fetch('/nowhere')")
        await expect(page.get_by_role("rowheader", name="/nowhere")).to_be_visible()
        await expect(page.get_by_text("No request yet")).to_be_hidden()
    await expect(page.get_by_role("alert")).to_contain_text("is lost")
    await expect(page.get_by_role("rowheader", name="/nowhere")).to_be_visible()
    with FakeModel(port=port):
        await expect(page.get_by_role("alert")).to_be_hidden()
        await expect(page.get_by_text("No request yet")).to_be_visible()
    await page.close()


async def test_a_prompt_is_shown_as_it_was_typed(tab: Page, record: Page, chat: Server) -> None:
    await open_chat(tab, chat)
    await send(tab, "<img src=x onerror=alert(1)> **bold**")
    await expect(row(record, "<img src=x onerror=alert(1)> **bold**")).to_be_visible()
