"""On a phone: what is pressed can be hit, and nothing runs into something else."""

from playwright.async_api import Page, expect

from tests.browser.actions import button, expect_status, messages, send
from tests.browser.fingers import expect_room_for_fingers, say
from tests.server import Server


async def test_everything_can_be_hit_and_nothing_is_zoomed_into(
    phone: Page, server: Server
) -> None:
    await say(phone, "/code")
    await expect_room_for_fingers(phone)
    await phone.goto(f"{server.url}accounts/login/")
    await expect(phone.get_by_label("Password")).to_be_visible()
    await expect_room_for_fingers(phone)


async def test_the_countdown_is_under_its_sentence(phone: Page) -> None:
    await say(phone, "/429", "failed")
    sentence = await phone.get_by_role("alert").locator("p").bounding_box()
    retry = await button(phone, "Retry").bounding_box()
    assert sentence and retry
    assert sentence["y"] + sentence["height"] <= retry["y"]


async def test_what_belongs_to_a_prompt_is_beside_its_first_line(page: Page) -> None:
    await send(page, "/echo one line")
    await expect_status(page, "complete")
    prompt = messages(page, "user")
    text = await prompt.locator(".text").bounding_box()
    link = await prompt.get_by_role("link", name="Link to this message").bounding_box()
    assert text and link
    assert abs(text["y"] + text["height"] / 2 - link["y"] - link["height"] / 2) < 1
