"""What is on the page, as it is found by role and name, and what does not get lost there."""

from playwright.async_api import Page, expect

from tests.browser.actions import button, expect_status, messages, prompt, send


async def test_everything_is_found_by_role_and_name(page: Page) -> None:
    log, progress = page.get_by_role("log"), page.get_by_role("status")
    # What streams is not read out token by token: the status says how far it is.
    await expect(log).to_have_attribute("aria-live", "off")
    await expect(prompt(page)).to_be_editable()
    await expect(button(page, "New chat")).to_be_enabled()
    await expect(button(page, "Send")).to_be_enabled()
    await expect(button(page, "Stop")).to_be_disabled()

    await send(page, "/silent")
    await expect(progress).to_have_text("Generating")
    await expect(button(page, "Send")).to_be_disabled()
    await expect(button(page, "Stop")).to_be_enabled()

    await button(page, "Stop").click()
    await expect(progress).to_have_text("Stopped")
    await expect(button(page, "Send")).to_be_enabled()
    await expect(button(page, "Stop")).to_be_disabled()

    await send(page, "/echo whole")
    await expect(progress).to_have_text("Done")
    await expect(log.get_by_role("article")).to_have_count(4)
    await expect(messages(page, "user")).to_have_count(2)
    await expect(messages(page, "assistant")).to_have_count(2)


async def test_the_focus_stays_in_the_prompt(page: Page) -> None:
    await prompt(page).fill("/429")
    for name, status in {"Send": "failed", "New chat": ""}.items():
        await button(page, name).click()
        if status:
            await expect_status(page, status)
        await expect(prompt(page)).to_be_focused()
    await prompt(page).fill("/silent")
    for name, status in {"Send": "streaming", "Stop": "stopped"}.items():
        await button(page, name).click()
        await expect_status(page, status)
        await expect(prompt(page)).to_be_focused()


async def test_what_is_typed_survives_a_reload(page: Page) -> None:
    await prompt(page).fill("half a\nprompt")
    await page.reload()
    await expect(prompt(page)).to_have_value("half a\nprompt")
