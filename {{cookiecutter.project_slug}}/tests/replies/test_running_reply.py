"""How a reply ends in the database, and what the log tells of it."""

import asyncio
import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.db import DataError, InterfaceError, OperationalError
from pytest_django import Settings

from chat.models import Conversation, Reply
from chat.provider.chunks import ChunkReader
from chat.provider.errors import ProviderError
from chat.provider.events import Event, Finish, Text, Usage
from chat.replies import rows, running_reply
from chat.replies.running_reply import RunningReply
from fake_model.server import FakeModel
from tests.conftest import SOON

pytestmark = pytest.mark.django_db(transaction=True)


async def reply_to(prompt: str) -> Reply:
    """The row of a reply that was read to its end."""
    begin = partial(rows.ask, Conversation(visitor="tests"), prompt)
    running = RunningReply(begin, lambda: None)
    # No test waits as long; without a limit a fault could hang it for ever.
    async with asyncio.timeout(SOON):
        await running.run()
    return await Reply.objects.aget(pk=running.reply.pk)


@pytest.mark.parametrize(
    ("prompt", "status", "note", "has_text"),
    [
        ("/long 20", "complete", "", True),
        ("/length /long 20", "complete", "CHAT_MAX_OUTPUT_TOKENS", True),
        ("/refuse /long 20", "failed", "refused to answer", True),
        ("/cut /long 20", "failed", "cut off", True),
        ("/cut /echo", "failed", "empty reply", False),
        ("/echo", "failed", "empty reply", False),
        ("/drop /long 20", "failed", "was lost", True),
        ("/401", "failed", "refused the key", False),
    ],
)
async def test_the_row_holds_the_text_and_the_sentence(
    model: FakeModel, prompt: str, status: str, note: str, has_text: bool
) -> None:
    reply = await reply_to(prompt)
    assert (reply.status, bool(reply.text)) == (status, has_text)
    assert note in reply.note
    assert bool(note) == bool(reply.note)


@pytest.mark.parametrize("prompt", ["/stall /long 20", "/silent"])
async def test_silence_has_a_limit(model: FakeModel, settings: Settings, prompt: str) -> None:
    settings.CHAT_IDLE_TIMEOUT_SECONDS = 2.5
    reply = await reply_to(prompt)
    assert reply.status == "failed"
    assert "sent nothing for 2.5 seconds" in reply.note
    model.wait_for(lambda record: record[0].ended_by == "client", SOON)


async def test_the_limit_of_silence_is_none_of_the_whole_reply(
    slow_model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_IDLE_TIMEOUT_SECONDS = 2.5
    reply = await reply_to("/slow /long 12")
    assert reply.status == "complete"
    entry = slow_model.record[0]
    assert entry.ended is not None
    assert entry.ended - entry.received > settings.CHAT_IDLE_TIMEOUT_SECONDS


async def test_a_model_that_only_thinks_is_not_silent(
    slow_model: FakeModel, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHAT_IDLE_TIMEOUT_SECONDS = 2.5
    read = ChunkReader.read

    def think(reader: ChunkReader, chunk: Any) -> list[Event]:
        return [event for event in read(reader, chunk) if isinstance(event, Finish)]

    monkeypatch.setattr(ChunkReader, "read", think)
    reply = await reply_to("/slow /long 12")
    assert "empty reply" in reply.note
    assert slow_model.record[0].finished


async def test_tokens_are_counted(model: FakeModel) -> None:
    reply = await reply_to("/long 20")
    assert reply.input_tokens
    assert reply.output_tokens == 20


async def test_text_that_no_database_could_keep_is_mended(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = iter(["a\0b ", "\ud83d", "\ude00", " \ude00"])

    def read(reader: ChunkReader, chunk: object) -> Iterator[Event]:
        yield Text(next(pieces, ""))
        yield Finish("stop")

    monkeypatch.setattr(ChunkReader, "read", read)
    reply = await reply_to("/long 20")
    assert (reply.status, reply.text) == ("complete", "a\ufffdb \U0001f600 \ufffd")


async def test_a_database_that_is_gone_for_a_moment_loses_nothing(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, errors = rows.save, iter([OperationalError("locked"), InterfaceError("gone")])

    def save_later(reply: Reply) -> bool:
        for error in errors:
            raise error
        return save(reply)

    monkeypatch.setattr(running_reply, "SAVE_SECONDS", 0.05)
    monkeypatch.setattr(rows, "save", save_later)
    reply = await reply_to("/long 20")
    assert next(errors, None) is None
    assert reply.status == "complete"
    assert model.record[0].tokens == reply.output_tokens == 20


async def test_counts_that_are_none_are_left_out(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(reader: ChunkReader, chunk: object) -> Iterator[Event]:
        yield Text("text")
        yield Usage(-1, 7)
        yield Usage(None, None)
        yield Finish("stop")

    monkeypatch.setattr(ChunkReader, "read", read)
    reply = await reply_to("/echo one")
    assert (reply.status, reply.input_tokens, reply.output_tokens) == ("complete", None, 7)


async def test_a_reply_that_the_database_refuses_ends_as_failed(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    save = rows.save

    def refuse(reply: Reply) -> bool:
        if reply.status == "complete":
            raise DataError("integer out of range")
        return save(reply)

    monkeypatch.setattr(rows, "save", refuse)
    reply = await reply_to("/echo kept")
    assert (reply.status, reply.text, reply.output_tokens) == ("failed", "kept", None)
    assert "Something went wrong in this chat itself" in reply.note
    assert "integer out of range" in caplog.text


async def test_a_server_that_repeats_the_prompt_does_not_put_it_into_the_log(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(reader: ChunkReader, chunk: object) -> Event:
        raise ProviderError("bad_request", "not valid: {'input': 'my prompt'}")

    monkeypatch.setattr(ChunkReader, "read", refuse)
    reply = await reply_to("my prompt")
    assert "my prompt" in reply.note
    assert "bad_request" in caplog.text
    assert "my prompt" not in caplog.text


async def test_a_fault_of_our_own_is_in_the_log(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(reader: ChunkReader, chunk: object) -> Event:
        raise AttributeError("of our own making")

    monkeypatch.setattr(ChunkReader, "read", broken)
    reply = await reply_to("Hello")
    assert "Something went wrong in this chat itself" in reply.note
    assert "AttributeError: of our own making" in caplog.text


@pytest.mark.parametrize(
    ("words", "status"), [("", "complete"), ("/drop", "failed"), ("/401", "failed")]
)
async def test_each_reply_is_one_line_of_the_log_without_what_was_said(
    model: FakeModel, caplog: pytest.LogCaptureFixture, words: str, status: str
) -> None:
    caplog.set_level(logging.INFO, "chat")
    reply = await reply_to(f"{words} /echo what nobody else may read")
    (line,) = (record.getMessage() for record in caplog.records if record.levelname == "INFO")
    assert line.startswith(f"reply {reply.pk} {status}: first text ")
    assert f"tokens in {reply.input_tokens}, out {reply.output_tokens}" in line
    for word in ("what", "nobody", "else", "may", "read"):
        assert word not in caplog.text.lower().split()
