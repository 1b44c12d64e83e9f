"""The foot of a reply says what it has used, in the open page and after a reload."""

import re

from playwright.async_api import Page, expect

from tests.browser.actions import expect_status, expect_words, last_reply, send

COUNTED = re.compile(r"^Tokens: [0-9]+ in\b.*, 20 out\b.* s, first token after [0-9.]+ s\.$")
NAMES = ("data-input-tokens", "data-output-tokens")


async def test_it_says_what_a_reply_has_used(page: Page) -> None:
    await send(page, "/long 20")
    await expect_status(page, "complete")
    for _ in ("as it ends", "after a reload"):
        await expect(last_reply(page).locator(".foot .usage")).to_have_text(COUNTED)
        await expect(last_reply(page)).to_have_attribute("data-output-tokens", "20")
        await expect(last_reply(page)).to_have_attribute("data-input-tokens", re.compile("^[1-9]"))
        await page.reload()


async def test_it_says_nothing_before_the_end_and_the_same_of_a_stopped_reply_after_a_reload(
    page: Page,
) -> None:
    await send(page, "/slow /long 300")
    await expect_words(page)
    foot = last_reply(page).locator(".usage")
    await expect(foot).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect_status(page, "stopped")
    await expect(foot).to_contain_text(re.compile("^Tokens: .* out"))
    said = await foot.inner_text()
    told = [await last_reply(page).get_attribute(name) for name in NAMES]
    # What is estimated is no count, and unknown is not 0.
    assert ("about" in said) == (told[1] is None)
    assert "0" not in told
    await page.reload()
    await expect(foot).to_have_text(said)
    assert [await last_reply(page).get_attribute(name) for name in NAMES] == told


async def test_a_reply_without_a_count_says_nothing(page: Page) -> None:
    await send(page, "/401")
    await expect_status(page, "failed")
    await expect(last_reply(page).locator(".usage")).to_be_hidden()
    for name in NAMES:
        await expect(last_reply(page)).not_to_have_attribute(name, re.compile(""))
