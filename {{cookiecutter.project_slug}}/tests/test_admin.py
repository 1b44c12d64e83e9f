"""The admin shows conversations and deletes them, and never writes what a process still writes."""

import re

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

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
    assert 'name="_save"' not in page and 'name="replies-0-text"' not in page

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
    form |= {"model": "another", "system_prompt": "another"}
    assert admin_client.post(address, form).status_code == 403
    reply.refresh_from_db()
    assert (reply.status, reply.text) == ("complete", "all of it")
    conversation.refresh_from_db()
    assert (conversation.model, conversation.system_prompt) == ("", None)


def answered(conversation: Conversation, prompt: str, tokens: tuple[int, int]) -> None:
    """Ask, and end the reply."""
    reply, _ = rows.ask(conversation, prompt)
    reply.status = Reply.Status.COMPLETE
    rows.save(reply)
    Reply.objects.filter(pk=reply.pk).update(input_tokens=tokens[0], output_tokens=tokens[1])


def test_the_list_says_whose_and_of_what(
    admin_client: Client, admin_user: AbstractBaseUser
) -> None:
    mine = Conversation.objects.create(user_id=admin_user.pk)
    answered(mine, "Why is\nthe sky blue?", (1000, 20))
    answered(mine, "And at night?", (1200, 30))
    rows.ask(Conversation.objects.create(visitor="0123456789abcdef"), "Something else")
    page = cells(admin_client)
    assert ["Something else", "visitor 01234567", "1", "?, ?"] in page
    assert ["Why is the sky blue?", str(admin_user), "2", "2,200, 50"] in page

    for words in ("sky", "at night", admin_user.get_username()):
        [found] = cells(admin_client, words)
        assert found[0] == "Why is the sky blue?"
    [other] = cells(admin_client, "0123456789abcdef")
    assert other[0] == "Something else"


def test_the_list_shows_and_finds_the_title_that_was_given(  # conversations
    admin_client: Client,
) -> None:
    conversation = Conversation.objects.create(visitor="one", title="My own title")
    answered(conversation, "first prompt", (1, 1))
    answered(Conversation.objects.create(visitor="two"), "another", (1, 1))
    [found] = cells(admin_client, "own title")
    assert found[0] == "My own title"


def test_more_rows_take_no_more_queries(admin_client: Client) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(address).status_code == 200
        return len(captured)

    conversation = Conversation.objects.create(visitor="one")
    addresses = ["/admin/chat/conversation/", f"/admin/chat/conversation/{conversation.pk}/change/"]
    answered(conversation, "first", (1, 1))
    for address in addresses:
        queries(address)  # The first time, Django also looks up its content types.
    few = [queries(address) for address in addresses]
    for number in range(4):
        answered(conversation, f"another {number}", (1, 1))
        answered(Conversation.objects.create(visitor=f"{number}"), "first", (1, 1))
    assert [queries(address) for address in addresses] == few


def cells(client: Client, query: str = "") -> list[list[str]]:
    """The title, owner, number of turns and tokens of each row in the list."""
    page = client.get("/admin/chat/conversation/", {"q": query}).content.decode()
    row = "".join(
        rf'class="field-{name}[^"]*">(?:<a [^>]*>)?(.*?)(?:</a>)?</t[hd]>.*?'
        for name in ("subject", "owner", "turn_count", "tokens")
    )
    return [list(found) for found in re.findall(row, page, re.DOTALL)]


def test_a_conversation_is_deleted_with_all_that_was_said(admin_client: Client) -> None:
    conversation = Conversation.objects.create(visitor="one")
    rows.ask(conversation, "mine")
    address = f"/admin/chat/conversation/{conversation.pk}/delete/"
    assert admin_client.get("/admin/chat/conversation/").status_code == 200
    admin_client.post(address, {"post": "yes"})
    assert not Conversation.objects.exists()
    assert not Reply.objects.exists()
