"""What a person types, and how it is sent."""

from playwright.async_api import Page, Route, expect

from fake_model.server import FakeModel
from tests.browser.actions import button, expect_status, messages, prompt, script, send
from tests.conftest import seen_by
from tests.server import Server


async def test_the_keys(page: Page) -> None:
    await prompt(page).fill("/silent line one")
    await prompt(page).press("Shift+Enter")
    await prompt(page).press_sequentially("line two")
    await expect(messages(page, "user")).to_have_count(0)
    await prompt(page).dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    await expect(messages(page, "user")).to_have_count(0)
    await prompt(page).press("Enter")
    await expect(messages(page, "user").first).to_contain_text("line two")
    await expect(prompt(page)).to_have_value("")
    await expect_status(page, "streaming")
    await expect(prompt(page)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect_status(page, "stopped")
    await expect(prompt(page)).to_be_focused()


async def test_esc_that_is_held_down_stops_once(page: Page) -> None:
    await expect(page.locator("#log[data-followed]")).to_be_attached()
    await page.evaluate(
        "() => { window.sent = []; const { send } = djustClient;"
        " djustClient.send = (event, ...rest) => (sent.push(event), send(event, ...rest)); }"
    )
    for _ in range(3):
        await page.keyboard.down("Escape")
    await page.keyboard.up("Escape")
    await page.keyboard.press("Escape")
    assert await page.evaluate("sent") == ["stop", "stop"]


async def test_a_double_click_on_send_does_not_stop(page: Page, upstream: FakeModel) -> None:
    before = len(upstream.record)
    await prompt(page).fill("/silent twice")
    box = await button(page, "Send").bounding_box()
    assert box
    at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.click(*at)
    await expect_status(page, "streaming")
    await page.mouse.move(*at)
    await page.mouse.down(click_count=2)
    await page.mouse.up(click_count=2)
    await expect(prompt(page)).to_be_focused()
    await seen_by(upstream, lambda record: len(record) == before + 1)
    await expect_status(page, "streaming")
    await button(page, "Stop").click()
    await expect_status(page, "stopped")


async def test_prompts_that_cannot_be_sent_stay_in_the_box(page: Page, upstream: FakeModel) -> None:
    before = len(upstream.record)
    for text, sentence in {
        "": "Type a prompt first",
        " \n": "Type a prompt first",
        "x" * 8001: "at most 8,000",
        "\U0001f600" * 8001: "at most 8,000",
        "ü" * 70_000: "at most 8,000",
    }.items():
        await prompt(page).fill(text)
        await button(page, "Send").click()
        await expect(page.get_by_role("alert")).to_contain_text(sentence)
        await expect(prompt(page)).to_have_value(text)
    assert len(upstream.record) == before


async def test_a_prompt_reaches_the_model_as_it_was_typed(page: Page, upstream: FakeModel) -> None:
    before = len(upstream.record)
    # As many emoji as may be sent, which JavaScript counts twice.
    text = "  <b>&amp;\ttwo\n\nlines\n " + "\U0001f600" * 7900 + " /echo so  "
    await send(page, text)
    await expect_status(page, "complete")
    assert upstream.record[before].messages[-1].text == text
    assert await messages(page, "user").locator(".text").inner_text() == text


async def test_a_prompt_that_follows_a_refused_one_at_once_is_sent(page: Page) -> None:
    await page.evaluate(
        "() => { const form = document.querySelector('form'); form.requestSubmit();"
        " form.elements.prompt.value = '/echo next'; form.requestSubmit(); }"
    )
    await expect_status(page, "complete")
    await expect(messages(page, "user")).to_have_text(["/echo next"])
    await expect(prompt(page)).to_have_value("")


async def test_what_is_typed_while_a_prompt_is_on_its_way_stays_alone(page: Page) -> None:
    await prompt(page).fill("/echo first")
    await page.evaluate(
        "() => { const form = document.querySelector('form'); form.requestSubmit();"
        " form.elements.prompt.setRangeText(' second', 11, 11, 'end'); form.requestSubmit(); }"
    )
    await expect_status(page, "complete")
    await expect(prompt(page)).to_have_value(" second")
    await expect(messages(page, "user")).to_have_text(["/echo first"])


async def test_escape_stops_a_prompt_that_is_on_its_way(page: Page, upstream: FakeModel) -> None:
    before = len(upstream.record)
    await prompt(page).fill("/silent escaped")
    await page.evaluate(
        "() => { document.querySelector('form').requestSubmit(); document.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'Escape'})); }"
    )
    await expect_status(page, "stopped")
    await send(page, "/echo next")
    await expect_status(page, "complete")
    await seen_by(upstream, lambda record: all(entry.ended_by for entry in record[before:]))


async def test_two_quick_sends_are_one_request(page: Page, upstream: FakeModel) -> None:
    before = len(upstream.record)
    await prompt(page).fill("/silent twice")
    await page.evaluate(
        "() => { const form = document.querySelector('form');"
        " form.requestSubmit(); form.requestSubmit(); }"
    )
    await expect_status(page, "streaming")
    await seen_by(upstream, lambda record: record[before].received)
    await expect(messages(page, "user")).to_have_count(1)
    await expect(page.get_by_role("alert")).to_have_count(0)
    await button(page, "Stop").click()
    await expect_status(page, "stopped")
    assert len(upstream.record) == before + 1


async def test_without_its_cookies_the_page_says_so_and_keeps_the_prompt(page: Page) -> None:
    await page.context.clear_cookies()
    await page.evaluate("() => djust.liveViewInstance.ws.close()")
    alert = page.get_by_role("alert").filter(visible=True)
    await expect(alert).to_contain_text("Allow cookies")
    await prompt(page).fill("not lost")
    await prompt(page).press("Enter")
    await expect(alert).to_contain_text("Allow cookies")
    await expect(alert).to_have_count(1)
    await expect(prompt(page)).to_have_value("not lost")


async def test_a_prompt_that_is_sent_before_the_page_is_connected_waits(
    tab: Page, server: Server
) -> None:
    await tab.goto(server.url, wait_until="domcontentloaded")
    await send(tab, "/echo early")
    await expect_status(tab, "complete")
    await expect(messages(tab, "user")).to_have_count(1)


async def test_a_prompt_that_is_sent_before_djust_is_there_stays(tab: Page, server: Server) -> None:
    aborted = []

    async def abort(route: Route) -> None:
        aborted.append(route.request.url)
        await route.abort()

    await tab.route(script("djust/client.min.js"), abort)
    await tab.goto(server.url)
    assert aborted
    await prompt(tab).fill("not lost")
    await button(tab, "Send").click()
    await tab.evaluate("() => new Promise((resolve) => setTimeout(resolve))")
    await expect(prompt(tab)).to_have_value("not lost")
    assert tab.url == server.url
