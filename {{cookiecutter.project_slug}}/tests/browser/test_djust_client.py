"""Each function of djust_client.js does with the installed djust what its name says."""

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.actions import prompt

# A delay that no other timer of the page has.
DELAY_MS = 7_654_321


@pytest_asyncio.fixture(loop_scope="session")
async def page(page: Page) -> Page:
    """The connected chat. Handlers of a test write into `calls`."""
    await page.evaluate("window.calls = []")
    return page


async def expect_calls(page: Page, *calls: object) -> None:
    await page.wait_for_function("count => calls.length >= count", arg=len(calls))
    assert await page.evaluate("calls") == list(calls)


async def expect_first_call(page: Page, call: object) -> None:
    """Others may follow: an attempt to reconnect that fails adds one."""
    await page.wait_for_function("() => calls.length")
    assert await page.evaluate("calls[0]") == call


async def test_a_sent_event_is_answered_by_a_push(page: Page) -> None:
    await page.evaluate("djustClient.onPush('chat:turns', ({ turns }) => calls.push(turns.length))")
    await page.evaluate("djustClient.onPush('chat:sent', () => calls.push('another event'))")
    await page.evaluate("djustClient.send('new_chat')")
    await expect_calls(page, 0)


async def test_only_the_next_message_is_handled(page: Page) -> None:
    await page.evaluate("djustClient.onPush('chat:turns', () => calls.push('answered'))")
    await page.evaluate("djustClient.onNextMessage(({ data }) => calls.push(typeof data))")
    for answers in (1, 2):
        await page.evaluate("djustClient.send('new_chat')")
        # By then all messages before the answer have come, too.
        await page.wait_for_function(
            "count => calls.filter((call) => call === 'answered').length >= count", arg=answers
        )
        await page.wait_for_function("() => calls.includes('string')")
    assert sorted(await page.evaluate("calls")) == ["answered", "answered", "string"]


async def test_a_form_is_pending_until_it_is_answered(page: Page) -> None:
    await prompt(page).fill(" ")
    pending = await page.evaluate(
        """() => {
            const form = document.querySelector("form.prompt");
            djustClient.onAnswered(form, () => calls.push(djustClient.isPending(form)));
            const before = djustClient.isPending(form);
            form.requestSubmit();
            return [before, djustClient.isPending(form)];
        }"""
    )
    assert pending == [False, True]
    await expect_calls(page, False)


async def test_a_lost_connection_is_reported_and_comes_back(page: Page) -> None:
    state = "[djustClient.isOpen(), djustClient.isMounted()]"
    assert await page.evaluate(state) == [True, True]
    await page.evaluate(f"djustClient.onDisconnected(() => calls.push({state}))")
    await page.evaluate("djust.liveViewInstance.ws.close()")
    await expect_first_call(page, [False, False])
    await expect(page.locator("#log[data-followed]")).to_be_attached()
    assert await page.evaluate(state) == [True, True]


async def test_it_reconnects_after_any_number_of_attempts_and_within_the_maximum(
    page: Page,
) -> None:
    # Record the timer for the next attempt, and run it at once.
    attempts = await page.evaluate(
        """maximum => {
            djustClient.reconnectForever(maximum);
            Math.random = () => 1;
            const original = window.setTimeout;
            window.setTimeout = (handler, delay, ...rest) => {
                if (delay === maximum) calls.push(delay);
                return original(handler, delay === maximum ? 0 : delay, ...rest);
            };
            const transport = djust.liveViewInstance;
            const attempts = transport.reconnectAttempts;
            transport.reconnectAttempts = 1000;
            transport.ws.close();
            return attempts;
        }""",
        DELAY_MS,
    )
    assert attempts == 0
    await expect_first_call(page, DELAY_MS)
    await expect(page.locator("#log[data-followed]")).to_be_attached()
    assert await page.evaluate("djustClient.isMounted()")
