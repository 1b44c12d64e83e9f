"""The admin shows conversations and deletes them, and never writes what a process still writes."""

import pytest
from django.test import Client

from chat.models import Conversation, Reply
from chat.replies import rows

pytestmark = pytest.mark.django_db


def test_a_conversation_is_read_and_not_changed(admin_client: Client) -> None:
    conversation = Conversation.objects.create(visitor="one")
    reply, _ = rows.ask(conversation, "mine")
    rows.ask(Conversation.objects.create(visitor="two"), "somebody else's")
    address = f"/admin/chat/conversation/{conversation.pk}/change/"
    page = admin_client.get(address).content.decode()
    assert "mine" in page
    assert "somebody else" not in page

    reply.text, reply.status = "all of it", Reply.Status.COMPLETE
    rows.save(reply)
    form = {
        "replies-TOTAL_FORMS": "1",
        "replies-INITIAL_FORMS": "1",
        "replies-0-id": str(reply.pk),
        "replies-0-conversation": str(conversation.pk),
        "replies-0-turn": str(reply.turn_id),
        "replies-0-status": "streaming",
        "replies-0-text": "",
        "turns-TOTAL_FORMS": "0",
        "turns-INITIAL_FORMS": "0",
    }
    admin_client.post(address, form)
    reply.refresh_from_db()
    assert (reply.status, reply.text) == ("complete", "all of it")


def test_a_conversation_is_deleted_with_all_that_was_said(admin_client: Client) -> None:
    conversation = Conversation.objects.create(visitor="one")
    rows.ask(conversation, "mine")
    address = f"/admin/chat/conversation/{conversation.pk}/delete/"
    assert admin_client.get("/admin/chat/conversation/").status_code == 200
    admin_client.post(address, {"post": "yes"})
    assert not Conversation.objects.exists()
    assert not Reply.objects.exists()
