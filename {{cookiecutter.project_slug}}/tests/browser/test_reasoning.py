"""What a model thinks before it replies: shown apart, closed until the reader opens it."""

from playwright.async_api import Locator, Page, expect

from tests.browser.actions import button, expect_status, last_reply, messages, send


def reasoning(page: Page) -> Locator:
    return last_reply(page).locator("details", has=page.locator("summary", has_text="Reasoning"))


async def test_reasoning_grows_in_a_box_that_stays_as_the_reader_left_it(page: Page) -> None:
    # Three tokens a second, for as long as a busy machine needs to tell two states apart.
    await send(page, "/slow /think 300")
    await expect(reasoning(page)).not_to_have_attribute("open", "")
    await expect(last_reply(page).get_by_text("Waiting for the model")).to_have_count(0)
    shown = reasoning(page).locator(".thoughts")
    await expect(shown).to_be_hidden()
    await reasoning(page).locator("summary").press("Enter")
    await expect(shown).to_be_visible()
    before = await shown.inner_text()
    await expect(shown).not_to_have_text(before)
    assert (await shown.inner_text()).startswith(before)
    await expect(page.get_by_role("status")).to_have_text("Generating")
    await page.keyboard.press("Escape")
    await expect_status(page, "stopped")
    await expect(reasoning(page)).to_have_attribute("open", "")
    await expect(button(page, "Copy")).to_be_hidden()
    thought = (await shown.inner_text()).strip()
    await page.reload()
    await expect(reasoning(page)).not_to_have_attribute("open", "")
    await expect(shown).to_have_text(thought)


async def test_reasoning_is_plain_text_and_no_part_of_the_reply(page: Page) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await send(page, "/chars /echo <think>\na <b>bold</b> *thought*\n</think>\n\nThe *reply*.")
    await expect_status(page, "complete")
    for _ in ("as it grew", "after a reload"):
        await expect(reasoning(page).locator(".thoughts")).to_have_text("a <b>bold</b> *thought*")
        await expect(last_reply(page).locator(".text")).to_have_text("The reply.")
        await page.reload()
    await button(page, "Copy").click()
    await expect(page.get_by_text("Copied", exact=True)).to_be_attached()
    assert "bold" not in await page.evaluate("navigator.clipboard.readText()")


async def test_reasoning_whose_tag_is_in_the_prompt_leaves_the_reply(page: Page) -> None:
    await send(page, "/chars /echo a *thought*\n\nand more\n</think>\n\nThe *reply*.")
    await expect_status(page, "complete")
    for _ in ("as it grew", "after a reload"):
        await expect(reasoning(page).locator(".thoughts")).to_have_text("a *thought* and more")
        await expect(last_reply(page).locator(".text")).to_have_text("The reply.")
        await page.reload()


async def test_reasoning_without_a_reply_can_be_retried(page: Page) -> None:
    await send(page, "/think /echo")
    await expect_status(page, "failed")
    await expect(page.get_by_role("alert")).to_contain_text("reasoning")
    await expect(reasoning(page)).to_be_visible()
    await expect(button(page, "Retry")).to_be_enabled()
    await expect(messages(page, "user")).to_have_count(1)
