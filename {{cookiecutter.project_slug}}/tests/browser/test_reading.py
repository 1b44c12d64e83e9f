"""What a reader does with a conversation: follow its end, read back, copy, on any screen."""

import re

import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect

from tests.browser.actions import button, expect_status, last_reply, messages, prompt, send
from tests.browser.conftest import DESKTOP, no_errors, open_chat
from tests.server import Server

PHONE: ViewportSize = {"width": 320, "height": 568}
WIDE = (
    "/echo | one | two | three | four |\n| - | - | - | - |\n"
    "| a longer cell | another one | and one more | the last of them |\n\n"
    "```python\nprint('a line of code that is longer than a phone is wide')\n```\n\n"
    f"`{'x' * 200}` {'y' * 200}"
)
SOURCE = (
    "Some **bold** [link](https://example.com/):\n\n- one\n  - [x] two\n- `three`\n\n"
    "3. three\n4. four\n\n> quoted\n\n| a | b |\n| --- | --: |\n| 1 | 2 |\n\n"
    "```python\nprint(1)\n```"
)
COPIED_HTML = """async () => {
    const [item] = await navigator.clipboard.read();
    return (await item.getType("text/html")).text();
}"""
SELECTION_WAS_LOADED = """() => performance.getEntriesByType("resource")
    .some(({ name }) => name.includes("/selection.js"))"""
AT_THE_END = """() => {
    const it = document.querySelector('.scroller');
    return it.scrollHeight - it.clientHeight - it.scrollTop < 2;
}"""


def conversation(page: Page) -> Locator:
    return page.get_by_role("region", name="Conversation")


async def expect_the_end(page: Page) -> None:
    """Wait until the view is at the end: it follows a reply that grows with the next frame."""
    await page.wait_for_function(AT_THE_END)


async def stream(page: Page) -> None:
    """Let a reply flow that is longer than the view by far."""
    await page.set_viewport_size({"width": 480, "height": 400})
    await send(page, "/long 20000 words")
    await expect(last_reply(page).locator(".text > *")).not_to_have_count(0)
    await page.wait_for_function(
        "() => { const it = document.querySelector('.scroller');"
        " return it.scrollHeight > 2 * it.clientHeight; }"
    )


async def grow(page: Page) -> None:
    """Return when the reply has become longer."""
    enough = await last_reply(page).evaluate("it => it.textContent.length") + 400
    await page.wait_for_function(
        "enough => document.querySelector('[data-role=assistant]').textContent.length > enough",
        arg=enough,
    )


@pytest.mark.parametrize("move", ["wheel", "PageUp", "ArrowUp"])
async def test_the_view_follows_until_the_reader_moves_up(page: Page, move: str) -> None:
    await stream(page)
    await expect_the_end(page)
    await expect(button(page, "Jump to latest")).to_be_hidden()
    if move == "wheel":
        await conversation(page).hover()
        await page.mouse.wheel(0, -1)
    else:
        await conversation(page).press(move)
    await expect(button(page, "Jump to latest")).to_be_visible()
    at = await conversation(page).evaluate("it => it.scrollTop")
    await grow(page)
    assert await conversation(page).evaluate("it => it.scrollTop") <= at
    await button(page, "Jump to latest").click()
    await expect(prompt(page)).to_be_focused()
    await grow(page)
    await expect_the_end(page)
    await page.keyboard.press("Escape")
    await expect_status(page, "stopped")


async def test_jump_to_latest_outdoes_a_move_up_that_is_not_told_yet(page: Page) -> None:
    await stream(page)
    await conversation(page).evaluate(
        "it => { it.scrollTop -= 50; document.querySelector('.jump').click(); }"
    )
    await grow(page)
    await expect_the_end(page)
    await page.keyboard.press("Escape")
    await expect_status(page, "stopped")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_draft_that_grows_and_shrinks_moves_no_reader(
    page: Page, size: ViewportSize
) -> None:
    await page.set_viewport_size(size)
    await send(page, "/echo " + "line\n\n" * 40)
    await expect_status(page, "complete")
    for text in ["one\n" * 2, "one\n" * 60, "one\n" * 5, ""]:
        await prompt(page).fill(text)
        await prompt(page).press("Shift+Enter")
        await expect_the_end(page)
        await expect(button(page, "Jump to latest")).to_be_hidden()


async def test_copies_with_the_keyboard(clocked: Page, server: Server) -> None:
    page = clocked
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    async with no_errors(page):
        await open_chat(page, server)
        await send(page, f"/echo {SOURCE}")
        await expect_status(page, "complete")
        for name, text in {"Copy code": "print(1)", "Copy": SOURCE}.items():
            await button(page, name).press("Enter")
            await expect(page.get_by_text("Copied", exact=True)).to_be_attached()
            copied = await page.evaluate("navigator.clipboard.readText()")
            assert copied == text
            await page.clock.fast_forward("00:02")
            await expect(page.get_by_text("Copied", exact=True)).not_to_be_attached()
        html = await page.evaluate(COPIED_HTML)
    assert "<strong>bold</strong>" in html
    assert "<button" not in html


async def test_copies_where_the_page_has_no_clipboard_api(page: Page) -> None:
    """As over plain HTTP from another machine: what was copied is pasted into the prompt."""
    await page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    await send(page, f"/echo {SOURCE}")
    await expect_status(page, "complete")
    await button(page, "Copy").click()
    await expect(page.get_by_text("Copied", exact=True)).to_be_attached()
    await prompt(page).press("ControlOrMeta+v")
    await expect(prompt(page)).to_have_value(SOURCE)


async def test_a_reply_that_is_selected_is_copied_as_markdown(page: Page) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await send(page, f"/echo {SOURCE}")
    await expect_status(page, "complete")
    # What copies Markdown comes with the first selection.
    await last_reply(page).evaluate("it => getSelection().selectAllChildren(it)")
    await page.wait_for_function(SELECTION_WAS_LOADED)
    # It has run when another import of it is done.
    await page.evaluate("import(document.getElementById('log').dataset.selectionScript)")
    # A part of a reply that is one block, or less, is copied as the browser does.
    parts = {".text": SOURCE, "ul": "- one\n  - [x] two\n- `three`", "ol li": "three"}
    for selector, copied in {**parts, "pre": "print(1)", "strong": "bold"}.items():
        await (
            last_reply(page)
            .locator(selector)
            .first.evaluate("it => getSelection().selectAllChildren(it)")
        )
        await page.keyboard.press("ControlOrMeta+c")
        assert (await page.evaluate("navigator.clipboard.readText()")).strip() == copied


async def test_nothing_is_wider_than_a_phone(page: Page) -> None:
    await page.set_viewport_size(PHONE)
    await send(page, WIDE)
    await expect_status(page, "complete")
    wide = last_reply(page).locator("pre, .scroll")
    await expect(wide).to_have_count(2)
    for box in await wide.all():
        assert await box.evaluate("it => it.scrollWidth > it.clientWidth"), "it scrolls inside"
    for element in (page.locator("html"), conversation(page)):
        assert await element.evaluate("it => it.scrollWidth <= it.clientWidth")


async def test_all_of_it_can_be_reached_with_the_keyboard(page: Page) -> None:
    await send(page, "/echo ```\ncode\n```\n\n| a |\n| - |\n| b |")
    await expect_status(page, "complete")
    await conversation(page).focus()
    order = [
        "Link to this message",
        "Edit",  # versions
        "Copy code",
        "code",
        "Table",
        "Copy",
        "Regenerate",  # versions
    ]
    reached = []
    for _ in order:
        await page.keyboard.press("Tab")
        reached.append(
            await page.evaluate(
                "(document.activeElement.ariaLabel ?? document.activeElement.textContent).trim()"
            )
        )
        outline = await page.evaluate("getComputedStyle(document.activeElement).outline")
        assert re.search(r"solid [1-9]", outline), (reached, outline)
    assert reached == order


async def test_a_link_leads_to_a_message(page: Page) -> None:
    for word in ("first", "second"):
        await send(page, f"/echo {word} " + "line\n\n" * 40)
        await expect_status(page, "complete")
    message = page.locator(".turn").first
    await message.get_by_role("link", name="Link to this message").press("Enter")
    await expect(message.get_by_text("/echo first")).to_be_in_viewport()
    await page.reload()
    await expect(page.locator("body.dj-connected")).to_be_attached()
    await expect(message.get_by_text("/echo first")).to_be_in_viewport()
    await expect(button(page, "Jump to latest")).to_be_visible()


async def test_an_answer_that_comes_late_does_not_scroll(page: Page) -> None:
    text = "/echo " + "line\n\n" * 60
    await send(page, text)
    await expect_status(page, "complete")
    await conversation(page).evaluate("it => (it.scrollTop = 0)")
    await expect(button(page, "Jump to latest")).to_be_visible()
    # Where the server is busy, this comes after the reply.
    await page.evaluate(
        """prompt => window.dispatchEvent(new CustomEvent("djust:push_event",
            {detail: {event: "chat:sent", payload: {prompt}}}))""",
        text,
    )
    await expect(button(page, "Jump to latest")).to_be_visible()


async def test_nothing_moves_for_those_who_want_no_motion(page: Page) -> None:
    await page.emulate_media(reduced_motion="reduce")
    await send(page, "/silent")
    waiting = page.get_by_text("Waiting for the model")
    animation = "it => getComputedStyle(it, '::after').animationName"
    assert await waiting.evaluate(animation) == "none"
    await page.emulate_media(reduced_motion="no-preference")
    assert await waiting.evaluate(animation) == "blink"
    await expect(messages(page, "user")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect_status(page, "stopped")


async def test_all_of_a_long_conversation_is_printed_without_the_controls(page: Page) -> None:
    await send(page, "/echo " + "line\n\n" * 80)
    await expect_status(page, "complete")
    paper = await page.pdf(format="A4")
    assert paper.count(b"/Type /Page\n") >= 3
    await page.emulate_media(media="print")
    for name in ("New chat", "Send", "Copy"):
        await expect(button(page, name)).to_be_hidden()
    await expect(prompt(page)).to_be_hidden()
    await page.emulate_media(media="null")
