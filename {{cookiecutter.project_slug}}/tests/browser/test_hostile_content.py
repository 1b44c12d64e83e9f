"""Whatever a model writes is text: nothing runs, nothing is fetched, nothing navigates."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest_asyncio
from playwright.async_api import Dialog, Page, Request, expect

from chat.page.growing import GrowingMarkdown
from tests.browser.actions import expect_status, last_reply, send
from tests.server import Server

TEXTS = Path(__file__).with_name("hostile.md").read_text(encoding="utf-8").split("%%\n")
ACTIVE = "script, img, svg, math, iframe, object, embed, style, link, form, input, video, audio"

LINKS = "(links) => links.map((link) => [link.rel, link.getAttribute('href')])"
# Tells the log of one edit after another, as the server does, and lets the page act on each.
# Returns the number of each text that became more than text, and what it became.
TELL = """async ([texts, active]) => {
    const wrong = [];
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
        for (const edit of steps) {
            tell("chat:text", { edit: [`t${number}`, ...edit] });
            await turn();
        }
        for (const it of log.querySelectorAll(`.text :is(${active})`))
            wrong.push([number, it.outerHTML]);
        for (const link of log.querySelectorAll(".text a[href]"))
            if (link.rel !== "noopener noreferrer"
                    || !/^(http|mailto:)/.test(link.getAttribute("href")))
                wrong.push([number, link.outerHTML]);
    }
    return wrong;
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def happened(page: Page, server: Server) -> AsyncIterator[list[str]]:
    """What must not happen; an error in the console ends the test anyway."""
    happened: list[str] = []

    async def dismiss(dialog: Dialog) -> None:
        happened.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def note(request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(server.url).netloc:
            happened.append(f"request: {request.url}")

    page.on("dialog", dismiss)
    page.on("request", note)
    yield happened
    page.remove_listener("dialog", dismiss)
    page.remove_listener("request", note)


async def test_hostile_replies_are_inert(page: Page, happened: list[str]) -> None:
    # Ten in a reply, since each alone is told of below.
    for first in range(0, len(TEXTS), 10):
        text = "\n\n".join(TEXTS[first : first + 10])
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
        cursor = growing.cursor()
        cuts = []
        for cut in range(1, len(text) + 1):
            growing.update(text[:cut])
            if edit := cursor.edit():
                cuts.append(edit)
        texts.append(cuts)
    assert await page.evaluate(TELL, [texts, ACTIVE]) == []
    assert not happened
