"""What a reader does with a conversation: follow its end, read back, copy, on any screen."""

import re

import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect

from tests.browser.actions import button, expect_status, last_reply, messages, prompt, send
from tests.browser.conftest import DESKTOP

PHONE: ViewportSize = {"width": 320, "height": 568}
WIDE = (
    "/echo | one | two | three | four |\n| - | - | - | - |\n"
    "| a longer cell | another one | and one more | the last of them |\n\n"
    "```python\nprint('a line of code that is longer than a phone is wide')\n```\n\n"
    f"`{'x' * 200}` {'y' * 200}"
)
FROM_THE_END = "it => it.scrollHeight - it.clientHeight - it.scrollTop"


def conversation(page: Page) -> Locator:
    return page.get_by_role("region", name="Conversation")


async def from_the_end(page: Page) -> float:
    """How many pixels of the conversation are below the view."""
    return float(await conversation(page).evaluate(FROM_THE_END))


async def stream(page: Page) -> None:
    """Let a reply flow that is longer than the view by far."""
    await page.set_viewport_size({"width": 480, "height": 400})
    await send(page, "/long 4000 words")
    await expect(last_reply(page).locator(".text > *")).not_to_have_count(0)
    await page.wait_for_function(
        "() => { const it = document.querySelector('.scroller');"
        " return it.scrollHeight > 2 * it.clientHeight; }"
    )


async def grow(page: Page) -> None:
    """Return when the reply has become longer."""
    enough = await last_reply(page).evaluate("it => it.textContent.length") + 100
    await page.wait_for_function(
        "enough => document.querySelector('[data-role=assistant]').textContent.length > enough",
        arg=enough,
    )


@pytest.mark.parametrize("move", ["wheel", "PageUp", "ArrowUp"])
async def test_the_view_follows_until_the_reader_moves_up(page: Page, move: str) -> None:
    await stream(page)
    assert await from_the_end(page) < 2
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
    assert await from_the_end(page) < 2
    await page.keyboard.press("Escape")
    await expect_status(page, "stopped")


async def test_jump_to_latest_outdoes_a_move_up_that_is_not_told_yet(page: Page) -> None:
    await stream(page)
    await conversation(page).evaluate(
        "it => { it.scrollTop -= 50; document.querySelector('.jump').click(); }"
    )
    await grow(page)
    assert await from_the_end(page) < 2
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
        await page.wait_for_function(
            "() => { const it = document.querySelector('.scroller');"
            " return it.scrollHeight - it.clientHeight - it.scrollTop < 2; }"
        )
        await expect(button(page, "Jump to latest")).to_be_hidden()


async def test_copies_with_the_keyboard(page: Page) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await send(page, "/echo Some **strong** code:\n\n```python\nprint(1)\n```")
    await expect_status(page, "complete")
    for name, text in {"Copy code": "print(1)\n", "Copy reply": "print(1)"}.items():
        copy = last_reply(page).get_by_role("button", name=name)
        await copy.press("Enter")
        await expect(page.get_by_text("Copied", exact=True)).to_be_attached()
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == text if name == "Copy code" else text in copied
        assert ("strong" in copied) == (name == "Copy reply")
        await expect(page.get_by_text("Copied", exact=True)).not_to_be_attached()


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
    reached = []
    for _ in range(6):
        await page.keyboard.press("Tab")
        reached.append(
            await page.evaluate(
                "(document.activeElement.ariaLabel ?? document.activeElement.textContent).trim()"
            )
        )
        outline = await page.evaluate("getComputedStyle(document.activeElement).outline")
        prompt_box = await page.evaluate("document.activeElement.matches('textarea')")
        assert re.search(r"solid [1-9]", outline) or prompt_box, (reached, outline)
    assert reached == ["Copy code", "code", "Table", "Copy reply", "", "Send"]


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
