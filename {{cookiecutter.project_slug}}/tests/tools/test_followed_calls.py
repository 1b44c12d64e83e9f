"""The tool calls of a reply that another process streams, as they are read with its row."""

import pytest

from chat.models import Reply
from chat.replies.followed import FollowedCalls
from chat.tools import history
from chat.tools.models import ToolCall
from tests.conversation_rows import ME, conversation_of, said

pytestmark = pytest.mark.django_db


def read(reply: Reply) -> Reply:
    row = Reply.objects.get(pk=reply.pk)
    history.fetch([row])
    return row


def test_calls_that_are_deleted_after_their_row_was_read_end_nothing() -> None:
    """As when the conversation is deleted for good between the two queries."""
    reply = said(conversation_of(ME), "one", "A reply", call_count=1)
    call = ToolCall.objects.create(reply=reply, round=0, position=7, status=ToolCall.Status.RUNNING)
    followed = FollowedCalls()
    assert followed.see(read(reply))
    assert (followed.version, followed.end) == (1, 7)
    call.delete()
    assert followed.see(read(reply))
    assert (followed.version, followed.end) == (2, 0)
