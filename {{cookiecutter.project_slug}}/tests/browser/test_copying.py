"""Code and replies are copied as they are."""

from playwright.async_api import Page, expect

from tests.browser.actions import expect_status, last_reply, send

CODE = "def twice(text):\n\n    return text + '<b>' + text\n"


async def clipboard(page: Page) -> str:
    text = await page.evaluate("navigator.clipboard.readText()")
    assert isinstance(text, str)
    return text


async def test_code_is_copied_as_it_is(page: Page) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await send(page, f"/echo Before.\n\n```py\n{CODE}```")
    await expect_status(page, "complete")
    await last_reply(page).get_by_role("button", name="Copy code").click()
    await expect(page.get_by_text("Copied", exact=True)).to_be_attached()
    assert await clipboard(page) == CODE


async def test_a_reply_is_copied_without_its_buttons(page: Page) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await send(page, "/echo One *two*.\n\n```\nthree\n```")
    await expect_status(page, "complete")
    await last_reply(page).get_by_role("button", name="Copy reply").click()
    await expect(page.get_by_text("Copied", exact=True)).to_be_attached()
    assert (await clipboard(page)).split() == ["One", "two.", "three"]
