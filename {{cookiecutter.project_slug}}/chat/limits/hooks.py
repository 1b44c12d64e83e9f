"""Where the limits take part in a reply: what the marked lines outside of this folder call."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from chat import error_messages
from chat.database import in_thread
from chat.limits import accounts, messages, payers
from chat.models import Conversation, Reply
from chat.provider.errors import ProviderError
from chat.provider.events import Call
from chat.provider.messages import Request

Begin = Callable[[Conversation], tuple[Reply, Request]]
Read = Callable[[Request], Coroutine[Any, Any, list[Call]]]


def paid(begin: Begin, scope: Mapping[str, Any]) -> Begin:
    """`begin`, which inserts a reply, in one transaction with its reservation.

    It raises `LimitError`, and inserts nothing, where a limit does not let it through. `scope` is
    the ASGI scope that the prompt came by.
    """
    if not accounts.is_on():
        return begin

    def begin_paid(conversation: Conversation) -> tuple[Reply, Request]:
        with transaction.atomic():
            reply, request = begin(conversation)
            keys = payers.of_request(reply.conversation, scope)
            return reply, accounts.reserve(keys, reply, request)

    return begin_paid


def limited(read: Read, reply: Reply, count: Callable[[Reply], None]) -> Read:
    """`read`, which sends a request of a reply, if the limits let that request through.

    If not, the reply ends with a sentence. `paid` has decided on the first request. `count` writes
    into the row what was used so far.
    """
    if not accounts.is_on():
        return read

    async def read_limited(request: Request) -> list[Call]:
        count(reply)
        if reply.rounds:
            try:
                request = await in_thread(accounts.reserve_more)(reply, request)
            except messages.LimitError as error:
                reply.note = messages.ending(str(error))
                return []
        is_lowered = request.max_output_tokens < settings.CHAT_MAX_OUTPUT_TOKENS
        try:
            calls = await read(request)
        except ProviderError as error:
            if not is_lowered or error.kind != "no_room":
                raise
            reply.note, calls = error_messages.LENGTH, []
        if is_lowered and reply.note == error_messages.LENGTH:
            reply.note = messages.ending(messages.used_up())
        return calls

    return read_limited


def settling(save: Callable[[], int], reply: Reply) -> Callable[[], int]:
    """`save`, which saves a reply, in one transaction with its counting if it has ended."""
    is_running = reply.status == Reply.Status.STREAMING and not reply.is_waiting
    if is_running or not accounts.is_on():
        return save

    def save_and_settle() -> int:
        with transaction.atomic():
            saved = save()
            accounts.settle(reply)
            return saved

    return save_and_settle
