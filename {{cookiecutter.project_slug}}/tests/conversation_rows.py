"""Conversations as rows, for tests that need no model."""

from typing import Any

from django.http import HttpResponse

from chat.models import Conversation, Reply
from chat.owners import Owner, remember
from chat.replies import rows

ME = Owner(visitor="me")
SOMEBODY_ELSE = Owner(visitor="somebody else")


def conversation_of(owner: Owner, *prompts: str) -> Conversation:
    """A conversation with these prompts, and a reply to each."""
    conversation = Conversation.objects.create(**owner.fields)
    for prompt in prompts:
        said(conversation, prompt, f"A reply to {prompt}")
    return conversation


def said(conversation: Conversation, prompt: str, text: str = "", **fields: Any) -> Reply:
    """A new turn with its reply, which has ended."""
    reply, _ = rows.ask(conversation, prompt)
    return ended(reply, text, **fields)


def ended(reply: Reply, text: str, **fields: Any) -> Reply:
    """A reply that streams, after its end. The fields are those of its row."""
    fields = {"status": Reply.Status.COMPLETE, **fields}
    reply.text, reply.status = text, fields["status"]
    assert rows.save(reply)
    Reply.objects.filter(pk=reply.pk).update(**fields)
    reply.refresh_from_db()
    return reply


def be(client: Any, owner: Owner) -> None:
    """Give a client the cookie of a visitor."""
    response = HttpResponse()
    remember(owner, response)
    client.cookies.update(response.cookies)
