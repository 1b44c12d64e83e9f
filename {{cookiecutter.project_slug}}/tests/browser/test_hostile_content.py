"""Whatever a model writes is text: nothing runs, nothing is fetched, nothing navigates."""

import math
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Dialog, Page, Request, expect

from chat.markdown import GrowingMarkdown
from fake_model.server import FakeModel
from tests.browser.actions import expect_status, last_reply, send
from tests.browser.conftest import open_chat
from tests.server import Server

TEXTS = Path(__file__).with_name("hostile.md").read_text(encoding="utf-8").split("%%\n")
ACTIVE = "script, img, svg, math, iframe, object, embed, style, link, form, input, video, audio"

# Tells the log of one edit after another, as the server does, and lets the page act on each.
LINKS = "(links) => links.map((link) => [link.rel, link.getAttribute('href')])"
TELL = """async (texts) => {
    const tell = (event, payload) =>
        window.dispatchEvent(new CustomEvent("djust:push_event", { detail: { event, payload } }));
    const log = document.querySelector('[role="log"]');
    // Lets the page act: a message, since each of many timers waits for 4 ms.
    const { port1, port2 } = new MessageChannel();
    const turn = () => new Promise((resolve) => {
        port1.onmessage = resolve;
        port2.postMessage(null);
    });
    for (const [number, steps] of texts.entries()) {
        const html = `<div class="turn" id="turn-t${number}" data-turn="0"><article
            data-role="assistant" data-status="streaming" data-reply="t${number}">
            <div class="text"></div><p class="mark"></p></article></div>`;
        const { conversation, address } = log.dataset;
        const turns = [[`t${number}`, html]];
        tell("chat:turns", { conversation, address, replaces: true, turns });
        for (const edits of steps) {
            tell("chat:text", { reply: `t${number}`, edits });
            await turn();
        }
    }
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with FakeModel(tokens_per_second=math.inf) as model, Server(folder, model) as server:
        yield server


@pytest.fixture
def happened() -> list[str]:
    """What must not happen."""
    return []


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, server: Server, happened: list[str]) -> AsyncIterator[Page]:
    async def dismiss(dialog: Dialog) -> None:
        happened.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def note(request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(server.url).netloc:
            happened.append(f"request: {request.url}")

    page = await (await browser.new_context()).new_page()
    page.on("dialog", dismiss)
    page.on("request", note)
    page.on("pageerror", lambda error: happened.append(f"error: {error}"))
    page.on("console", lambda said: happened.append(said.text) if said.type == "error" else None)
    await open_chat(page, server)
    yield page


async def test_hostile_replies_are_inert(page: Page, happened: list[str]) -> None:
    for text in TEXTS:
        await send(page, f"/echo {text}")
        await expect_status(page, "complete")
        reply = last_reply(page).locator(".text")
        await expect(reply.locator(ACTIVE)).to_have_count(0)
        for rel, address in await reply.locator("a[href]").evaluate_all(LINKS):
            assert rel == "noopener noreferrer"
            assert address.startswith(("http", "mailto:"))
        assert not happened, text
    await page.reload()
    await expect(page.get_by_role("log").locator(ACTIVE)).to_have_count(0)
    assert not happened


async def test_hostile_text_is_inert_at_every_cut(page: Page, happened: list[str]) -> None:
    texts = []
    for text in TEXTS:
        growing = GrowingMarkdown()
        texts.append([growing.update(text[:cut]) for cut in range(1, len(text) + 1)])
    await page.evaluate(TELL, texts)
    assert not happened
