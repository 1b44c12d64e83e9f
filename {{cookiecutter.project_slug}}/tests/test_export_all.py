"""All of one's own conversations as one JSON file: its schema, its cost, and who gets it."""

import json
import uuid
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from chat.export import archive
from chat.models import Conversation, Reply
from chat.owners import Owner
from chat.replies import rows
from chat.tools.models import ToolCall  # tools
from tests.conversation_rows import ME, SOMEBODY_ELSE, be, conversation_of, ended, said

pytestmark = pytest.mark.django_db(transaction=True)
Status = Reply.Status
ADDRESS = "/export/"


# pytest-django's client for asynchronous views.
Client = Any


@pytest.fixture
def client(async_client: Client) -> Client:
    be(async_client, ME)
    return async_client


async def export(client: Client) -> dict[str, Any]:
    response = await client.get(ADDRESS)
    assert response.status_code == 200
    assert response.streaming
    document = b"".join([piece async for piece in response.streaming_content])
    loaded: dict[str, Any] = json.loads(document)
    return loaded


def prompts(document: dict[str, Any]) -> list[list[str]]:
    return [[turn["prompt"] for turn in each["turns"]] for each in document["conversations"]]


@sync_to_async
def conversations_of(owner: Owner, count: int, turns: int = 2) -> None:
    for number in range(count):
        conversation_of(owner, *(f"{number}.{turn}" for turn in range(turns)))


@sync_to_async
def tried_twice() -> Conversation:
    mine = Conversation.objects.create(model="picked", **ME.fields)
    reply, _ = rows.ask(mine, "„schön“ 👩‍👧\n")
    ended(reply, "half", status=Status.FAILED, note="It is overloaded.")
    again, _ = rows.ask_again(mine)
    ended(again, "whole", model="other", reasoning="hm", input_tokens=0, output_tokens=7)
    return mine


async def test_it_holds_every_version_with_what_is_known_of_it(client: Client) -> None:
    mine = await tried_twice()
    document = await export(client)
    assert document.keys() == {"version", "exported_at", "conversations"}
    assert document["version"] == 1
    [conversation] = document["conversations"]
    [turn] = conversation.pop("turns")
    first, second = turn.pop("replies")
    conversation.pop("title", "")
    created = conversation.pop("created_at")
    assert conversation == {"id": str(mine.pk), "model": "picked"}
    times = [document["exported_at"], created, turn.pop("created_at")]
    times += [reply.pop(name) for reply in (first, second) for name in ("created_at", "ended_at")]
    assert {datetime.fromisoformat(time).utcoffset() for time in times} == {
        datetime.fromisoformat(created).utcoffset()
    }
    assert turn == {"prompt": "„schön“ 👩‍👧\n"}
    for reply in (first, second):
        assert reply.pop("is_from_cache") is False
        assert reply.pop("prompt") == turn["prompt"]
        reply.pop("tool_calls", None)
    assert first.pop("model")
    assert first == {
        "status": "failed",
        "note": "It is overloaded.",
        "text": "half",
        "reasoning": "",
        "usage": {},
    }
    assert second == {
        "status": "complete",
        "note": "",
        "model": "other",
        "text": "whole",
        "reasoning": "hm",
        "usage": {"input_tokens": 0, "output_tokens": 7},
    }


@sync_to_async
def called() -> None:  # tools
    reply = said(conversation_of(ME), "a prompt", "Before.", call_count=1)
    ToolCall.objects.create(
        reply=reply,
        round=0,
        position=7,
        call_id="1",
        name="clock",
        arguments='{"zone": "UTC"}',
        extra={"signature": "of the provider"},
        status=ToolCall.Status.DENIED,
        result="No.",
    )


async def test_it_holds_tool_calls(client: Client) -> None:  # tools
    await called()
    document = await export(client)
    [call] = document["conversations"][0]["turns"][0]["replies"][0]["tool_calls"]
    assert datetime.fromisoformat(call.pop("created_at")).utcoffset() is not None
    assert call == {
        "name": "clock",
        "arguments": '{"zone": "UTC"}',
        "status": "denied",
        "result": "No.",
        "position": 7,
        "ended_at": None,
    }


async def test_pieces_follow_each_other_the_oldest_conversation_first(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PIECE", 3)
    await conversations_of(ME, 5)
    await sync_to_async(Conversation.objects.create)(**ME.fields)
    expected = [[f"{number}.0", f"{number}.1"] for number in range(5)]
    assert prompts(await export(client)) == [*expected, []]


async def test_what_is_deleted_during_the_export_is_left_out(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PIECE", 1)
    await conversations_of(ME, 3)
    response = await client.get(ADDRESS)
    pieces = aiter(response.streaming_content)
    document = await anext(pieces) + await anext(pieces)
    last = await Conversation.objects.order_by("created_at").alast()
    assert last is not None
    await last.adelete()
    async for piece in pieces:
        document += piece
    assert prompts(json.loads(document)) == [["0.0", "0.1"], ["1.0", "1.1"]]


def test_queries_do_not_grow_with_the_number_of_conversations(client: Client) -> None:
    counts = set()
    for more in (2, 20):
        async_to_sync(conversations_of)(ME, more)
        with CaptureQueriesContext(connection) as queries:
            async_to_sync(export)(client)
        counts.add(len(queries))
    assert counts == {4}


async def test_everybody_gets_their_own_and_a_stranger_nothing(client: Client) -> None:
    await conversations_of(SOMEBODY_ELSE, 1)
    assert prompts(await export(client)) == prompts(await export(type(client)())) == []
    await conversations_of(ME, 1, turns=1)
    assert prompts(await export(client)) == [["0.0"]]
    stranger = type(client)()
    be(stranger, Owner(visitor=uuid.uuid4().hex))
    assert prompts(await export(stranger)) == []


async def test_where_a_login_is_required_a_user_gets_what_is_theirs(
    client: Client, settings: Settings
) -> None:
    settings.CHAT_LOGIN_REQUIRED = True
    await conversations_of(ME, 1)
    assert (await client.get(ADDRESS))["Location"] == "/accounts/login/?next=/export/"
    for name in ("one", "two"):
        user = await get_user_model().objects.acreate(username=name)
        await conversations_of(Owner(user_id=user.pk), 1, turns=1)
    await client.aforce_login(user)
    assert prompts(await export(client)) == [["0.0"]]


async def test_it_is_a_file_that_is_never_cached(client: Client) -> None:
    response = await client.get(ADDRESS)
    assert response["Content-Disposition"] == 'attachment; filename="conversations.json"'
    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    assert (await client.post(ADDRESS)).status_code == 405
