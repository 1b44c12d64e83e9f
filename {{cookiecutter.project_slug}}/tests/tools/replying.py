"""Replies whose tools are called, and the rows that they leave."""

from functools import partial

from chat.models import Conversation, Reply
from chat.replies import rows
from chat.replies.running_reply import RunningReply
from chat.tools.models import ToolCall
from tests.waiting import limit


async def reply_to(prompt: str, conversation: Conversation | None = None) -> Reply:
    """The row of a reply that was read to its end, or until it waits for the user."""
    begin = partial(rows.ask, conversation or Conversation(visitor="tests"), prompt)
    running = RunningReply(begin, lambda: None)
    async with limit("the reply ends"):
        await running.run()
    return await Reply.objects.select_related("conversation").aget(pk=running.reply.pk)


async def calls(reply: Reply | None = None) -> list[ToolCall]:
    """The rows of the calls of `reply`, or of the only one."""
    reply = reply or await Reply.objects.aget()
    return [call async for call in reply.tool_calls.all()]


async def statuses() -> list[str]:
    """The status of each call of the only reply."""
    return [call.status for call in await calls()]
