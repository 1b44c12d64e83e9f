"""Each round of a reply asks the limits again, and the reply ends where they end."""

import uuid
from functools import partial

import pytest
from channels.db import database_sync_to_async
from pytest_django import Settings

from chat.limits import hooks
from chat.limits.models import Account, Reservation
from chat.models import Conversation, Reply
from chat.provider.errors import ProviderError
from chat.provider.events import Call
from chat.provider.messages import Request
from chat.replies import rows

pytestmark = pytest.mark.django_db(transaction=True)
CALL = Call("1", "tide", "{}")


class Upstream:
    """Reads responses of a number of output tokens, each of which calls a tool."""

    def __init__(self, reply: Reply, tokens: int) -> None:
        self.requests: list[Request] = []
        self._reply = reply
        self._tokens = tokens

    async def read(self, request: Request) -> list[Call]:
        self.requests.append(request)
        return [CALL]

    def count(self, reply: Reply) -> None:
        reply.rounds = len(self.requests)
        reply.input_tokens = 10 * len(self.requests)
        reply.output_tokens = self._tokens * len(self.requests)


async def begun() -> rows.Begun:
    scope = {"headers": [], "client": ("192.0.2.1", 1234)}
    paid = hooks.paid(partial(rows.ask, prompt="Hi"), scope)
    begun: rows.Begun = await database_sync_to_async(paid)(
        Conversation(pk=uuid.uuid4(), visitor="1")
    )
    return begun


async def rounds(tokens: int) -> tuple[Reply, Upstream]:
    """Ask until no tool is called any more."""
    reply, request = await begun()
    upstream = Upstream(reply, tokens)
    read = hooks.limited(upstream.read, reply, upstream.count)
    for _ in range(10):
        if not await read(request):
            break
    upstream.count(reply)
    reply.status = Reply.Status.COMPLETE
    await database_sync_to_async(rows.save)(reply)
    return reply, upstream


@pytest.fixture(autouse=True)
def _no_tools(settings: Settings) -> None:  # tools
    settings.CHAT_TOOL_ROUNDS = 0


async def test_no_request_follows_once_the_tokens_are_used_up(settings: Settings) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER, settings.CHAT_MAX_OUTPUT_TOKENS = 1000, 400
    reply, upstream = await rounds(310)
    # After three rounds less is left than any reply needs.
    assert [it.max_output_tokens for it in upstream.requests[:2]] == [400, 400]
    assert 310 < upstream.requests[2].max_output_tokens < 400
    assert len(upstream.requests) == 3
    assert reply.note.startswith("The reply stops here. Too few of today's 1,000 tokens are left.")
    assert [it async for it in Account.objects.values_list("used", flat=True)] == [960, 960]
    assert not await Reservation.objects.aexists()


async def test_a_round_is_a_request_of_the_minute(settings: Settings) -> None:
    settings.CHAT_REQUESTS_PER_MINUTE = 3
    reply, upstream = await rounds(1)
    assert len(upstream.requests) == 3
    assert reply.note.startswith("The reply stops here. At most 3 requests a minute can be sent.")


async def test_an_error_of_the_provider_stays_one(settings: Settings) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 100_000
    reply, request = await begun()

    async def read(request: Request) -> list[Call]:
        raise ProviderError("no_room")

    with pytest.raises(ProviderError):
        await hooks.limited(read, reply, lambda reply: None)(request)
    assert reply.note == ""
