"""How a reply ends in the database, and what the log tells of it."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import DataError, InterfaceError, OperationalError
from pytest_django import Settings

from chat import error_messages
from chat.models import Conversation, Reply
from chat.provider.chunks import ChunkReader
from chat.provider.errors import ProviderError
from chat.provider.events import Event, Finish, KeepAlive, Reasoning, Text, Usage
from chat.replies import response, rows, running_reply
from chat.replies.running_reply import RunningReply
from fake_model import dialect
from fake_model.server import FakeModel
from tests.conftest import closed_by_client, point_at, seen_by
from tests.upstreams import END, HI, STREAM, Answer, scripted
from tests.waiting import limit

pytestmark = pytest.mark.django_db(transaction=True)


async def reply_to(prompt: str) -> Reply:
    """The row of a reply that was read to its end."""
    begin = partial(rows.ask, Conversation(visitor="tests"), prompt)
    running = RunningReply(begin, lambda: None)
    async with limit("the reply ends"):
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
        ("/length /echo", "failed", "Raise CHAT_MAX_OUTPUT_TOKENS", False),
        ("/think /long 20", "complete", "", True),
        ("/think /length /long 20", "complete", "CHAT_MAX_OUTPUT_TOKENS", True),
        ("/think /length /echo", "failed", "Raise CHAT_MAX_OUTPUT_TOKENS", False),
        ("/think /echo", "failed", "sent its reasoning, and no reply", False),
        ("/think /cut /echo", "failed", "cut off", False),
        ("/echo <think>\n4", "failed", "sent its reasoning, and no reply", False),
        ("/chars /echo 2 + 2\n</think>\n\n4", "complete", "", True),
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
    assert bool(reply.reasoning) == ("think" in prompt)
    assert "think" not in reply.text


async def test_no_stream_waits_while_env_is_read_for_a_sentence(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def for_error(error: ProviderError, model: str) -> str:
        threads.append(threading.current_thread().name)
        return "A sentence."

    monkeypatch.setattr(error_messages, "for_error", for_error)
    assert (await reply_to("/401")).note == "A sentence."
    (thread,) = threads
    assert thread != threading.current_thread().name


async def test_the_limit_can_end_a_reply_before_its_text(
    model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_MAX_OUTPUT_TOKENS = 10
    reply = await reply_to("/think 50 /long 20")
    assert (reply.status, reply.text, model.record[0].thoughts) == ("failed", "", 10)
    assert "The limit of 10 tokens" in reply.note
    assert reply.reasoning
    assert reply.output_tokens == 10  # usage


@pytest.mark.parametrize("prompt", ["/stall /long 20", "/silent"])
async def test_silence_has_a_limit(model: FakeModel, settings: Settings, prompt: str) -> None:
    settings.CHAT_IDLE_TIMEOUT_SECONDS = 0.5
    reply = await reply_to(prompt)
    assert reply.status == "failed"
    assert "sent nothing for 0.5 seconds" in reply.note
    await closed_by_client(model)


async def test_the_limit_of_silence_is_none_of_the_whole_reply(
    slow_model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_IDLE_TIMEOUT_SECONDS = 3
    reply = await reply_to("/long 180")
    assert reply.status == "complete"
    entry = slow_model.record[0]
    assert entry.ended is not None
    assert entry.ended - entry.received > settings.CHAT_IDLE_TIMEOUT_SECONDS


async def test_any_byte_is_a_sign_of_life(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHAT_IDLE_TIMEOUT_SECONDS = 3
    ping = b'event: ping\ndata: {"type": "ping"}\n\n'
    pieces = [b": keepalive\n\n", ping, HI[:20], HI[20:], END]
    answer = Answer(headers=STREAM, pieces=pieces, pause=0.8)
    with scripted(answer) as server:
        point_at(server.address + dialect.BASE_PATH, monkeypatch)
        reply = await reply_to("Hello")
    assert (reply.status, reply.text, reply.note) == ("complete", "Hi", "")


# Without [DONE], after which nothing is read.
FINISHED = HI + END.removesuffix(b"data: [DONE]\n\n")
# What may follow the model's finish, and keeps no reply from being complete.
AFTERWARDS: dict[str, Answer] = {
    "nothing": Answer(body=FINISHED, stays_open=True),
    "signs of life": Answer(body=FINISHED, pieces=[b":\n"] * 9, pause=0.1, stays_open=True),
    "a lost connection": Answer(body=FINISHED, headers={"Content-Length": "9999"}),
    "garbage": Answer(body=FINISHED + b"data: {nonsense\n\n"),
    "an error": Answer(body=FINISHED + b'event: error\ndata: {"message": "late"}\n\n'),
}


@pytest.mark.parametrize("answer", AFTERWARDS.values(), ids=AFTERWARDS.keys())
async def test_a_finish_is_not_forgotten(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    monkeypatch.setattr(response, "AFTER_FINISH_SECONDS", 0.3)
    with scripted(replace(answer, headers=STREAM | answer.headers)) as server:
        point_at(server.address + dialect.BASE_PATH, monkeypatch)
        reply = await reply_to("Hello")
    assert (reply.status, reply.text, reply.note) == ("complete", "Hi", "")


async def test_the_last_of_two_finishes_counts(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHAT_IDLE_TIMEOUT_SECONDS = 600
    monkeypatch.setattr(response, "AFTER_FINISH_SECONDS", 0.3)
    answer = Answer(headers=STREAM, body=FINISHED + FINISHED, stays_open=True)
    with scripted(answer) as server:
        point_at(server.address + dialect.BASE_PATH, monkeypatch)
        reply = await reply_to("Hello")
    assert (reply.status, reply.text, reply.note) == ("complete", "HiHi", "")


async def test_a_model_that_only_thinks_is_not_silent(
    slow_model: FakeModel, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHAT_IDLE_TIMEOUT_SECONDS = 3
    read = ChunkReader.read

    def think(reader: ChunkReader, chunk: Any) -> list[Event]:
        return [event for event in read(reader, chunk) if isinstance(event, Finish)]

    monkeypatch.setattr(ChunkReader, "read", think)
    reply = await reply_to("/long 180")
    assert "empty reply" in reply.note
    await seen_by(slow_model, lambda record: record[0].finished)


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


async def test_reasoning_is_mended_on_its_own(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Event] = [Reasoning("\0 \ud83d"), Text("a"), Reasoning("\ude00\n")]
    left = iter([*events, Finish("stop")])

    def read(reader: ChunkReader, chunk: object) -> Iterator[Event]:
        yield next(left, KeepAlive())

    monkeypatch.setattr(ChunkReader, "read", read)
    reply = await reply_to("/long 20")
    assert (reply.text, reply.reasoning) == ("a", "\ufffd \U0001f600")


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
    assert model.record[0].tokens == 20
    assert reply.output_tokens == 20  # usage


async def test_counts_that_are_none_are_left_out(  # usage
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(reader: ChunkReader, chunk: object) -> Iterator[Event]:
        yield Text("text")
        yield Usage(-1, 7)
        yield Usage(2**31, 0)
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
async def test_each_reply_is_one_line_of_the_log_without_what_was_said(  # usage
    model: FakeModel, caplog: pytest.LogCaptureFixture, words: str, status: str
) -> None:
    caplog.set_level(logging.INFO, "chat")
    reply = await reply_to(f"{words} /echo what nobody else may read")
    (line,) = (record.getMessage() for record in caplog.records if record.levelname == "INFO")
    assert line.startswith(f"reply {reply.pk} {status}: first token ")
    counts = f"tokens in {reply.input_tokens}, out {reply.output_tokens}"
    assert counts.replace("None", "unknown") in line
    for word in ("what", "nobody", "else", "may", "read"):
        assert word not in caplog.text.lower().split()
