"""What a person does on the page, by the names that a screen reader would say."""

import re

from playwright.async_api import Locator, Page, expect

# Counts in `window.submits` how often a form is submitted.
COUNT_SUBMITS = """() => {
    window.submits = 0;
    window.addEventListener("submit", () => window.submits++, { capture: true });
}"""
# After this long without a connection, the page says so: for the clock of `clocked`.
LONG_BREAK = "00:03"


def prompt(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Prompt")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def messages(page: Page, role: str) -> Locator:
    return page.get_by_role("log").locator(f'article[data-role="{role}"]')


def last_reply(page: Page) -> Locator:
    return messages(page, "assistant").last


async def send(page: Page, text: str) -> None:
    """Type a prompt and press Enter; return when it is in the log."""
    count = await messages(page, "user").count()
    await prompt(page).fill(text)
    # Until then, Enter is ignored.
    await expect(button(page, "Send")).to_be_enabled()
    await prompt(page).press("Enter")
    await expect(messages(page, "user")).to_have_count(count + 1)


async def begin(page: Page, text: str) -> None:
    """A new chat with this prompt. Its reply may still stream."""
    await button(page, "New chat").click()
    await expect(page.locator(".turn")).to_have_count(0)
    await send(page, text)
    await expect(last_reply(page)).to_be_visible()


async def expect_words(page: Page) -> None:
    """Wait until the last reply has a word and the beginning of another."""
    # A pattern, since any text contains what is left of a text of blanks once it is trimmed.
    await expect(last_reply(page).locator(".text")).to_contain_text(re.compile(r"\S\s+\S"))


async def expect_status(page: Page, status: str) -> None:
    """Wait until the last reply has a status, and the controls have followed."""
    # The end of a quick reply overtakes the answer to its prompt: until that disables Send, and
    # the end enables it again, Send is enabled from before.
    await expect(page.locator("form.prompt[data-djust-form-pending]")).to_have_count(0)
    await expect(last_reply(page)).to_have_attribute("data-status", status)
    if status == "streaming":
        await expect(button(page, "Stop")).to_be_enabled()
    else:
        await expect(button(page, "Send")).to_be_enabled()


async def stop(page: Page) -> None:
    """Press Stop; return when the reply has stopped."""
    # While the page still connects, Esc would be ignored, and the button waits.
    await button(page, "Stop").click()
    await expect_status(page, "stopped")


async def reconnect_quickly(page: Page) -> None:
    """Let the page try again after half a second at most, not five, until it is loaded again."""
    await page.evaluate("djustClient.reconnectForever(500)")


def script(name: str) -> re.Pattern[str]:
    """The address of a script, for `Page.route`: a glob would not match the hash behind it."""
    return re.compile(rf"/{re.escape(name)}(\?|$)")
