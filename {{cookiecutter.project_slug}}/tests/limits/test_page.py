"""What a person sees of a limit: a refusal that keeps the prompt, or a reply that ends early."""

import html

import pytest
from django.test import Client
from pytest_django import Settings

from chat.limits.models import Account
from chat.models import Reply, Turn
from fake_model.server import FakeModel
from tests.live_page import Page, open_page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    settings.CHAT_TOOL_ROUNDS = 0  # tools


def said(page: Page) -> str:
    return html.unescape(page.controls)


async def test_a_refused_prompt_stays_in_its_box_and_no_turn_is_inserted(
    model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_REQUESTS_PER_MINUTE = 1
    async with open_page() as page:
        await page.event("submit", prompt="/long 3")
        await page.until(lambda page: page.status == "complete" and page.sent)
        await page.event("submit", prompt="one more")
        await page.until(lambda page: "At most 1 request a minute can be sent." in said(page))
        assert page.sent == ["/long 3"]
    assert await Turn.objects.acount() == len(model.record) == 1


async def test_a_new_session_at_the_same_address_is_refused(
    model: FakeModel, settings: Settings
) -> None:
    async with open_page() as page:
        await page.event("submit", prompt="/long 20")
        await page.until(lambda page: page.status == "complete")
    await Account.objects.aupdate(used=1000)
    async with open_page(Client()) as page:
        await page.event("submit", prompt="/long 20")
        await page.until(lambda page: "Too few of today's 1,000 tokens are left." in said(page))
    assert len(model.record) == 1


@pytest.mark.parametrize("words", ["/long 2000", "/think 2000 /long 20"])
async def test_a_reply_that_reaches_the_limit_ends_with_a_sentence(
    model: FakeModel, words: str
) -> None:
    async with open_page() as page:
        await page.event("submit", prompt=words)
        await page.until(lambda page: page.status == "complete")
    reply = await Reply.objects.aget()
    assert reply.note.startswith("The reply stops here. Too few of today's 1,000 tokens are left.")
    [entry] = model.record
    assert 900 < entry.tokens + entry.thoughts < 1000
    used = [it async for it in Account.objects.values_list("used", flat=True)]
    assert len(used) == 2 and all(900 < number <= 1000 for number in used)


async def test_the_own_limit_of_a_reply_keeps_its_sentence(
    model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_MAX_OUTPUT_TOKENS = 20
    async with open_page() as page:
        await page.event("submit", prompt="/long 200")
        await page.until(lambda page: page.status == "complete")
    reply = await Reply.objects.aget()
    assert "CHAT_MAX_OUTPUT_TOKENS" in reply.note
