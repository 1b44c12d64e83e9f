"""What a reply has used: as the provider counts it, estimated where it does not, never invented."""

import asyncio
import json
import logging
import math
from dataclasses import dataclass
from functools import partial

import pytest

from chat.models import Conversation, Reply
from chat.provider import names
from chat.provider.events import Call, Event, Reasoning, Text, Usage
from chat.replies import rows, usage
from chat.replies.running_reply import RunningReply
from chat.replies.usage import Tally
from config.log import JsonFormatter
from fake_model import prose
from fake_model.server import FakeModel
from tests.conftest import seen_by
from tests.waiting import limit, until


@dataclass
class Clock:
    now: float = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(usage, "time", clock)
    return clock


def tallied(*responses: list[Event], before: Reply | None = None) -> Reply:
    """What is written into a row after these responses."""
    reply = before or Reply()
    tally = Tally()
    tally.load(reply)
    for events in responses:
        tally.begin_response()
        for event in events:
            tally.see(event)
    tally.write_to(reply)
    return reply


def test_responses_are_added_and_a_later_number_replaces_an_earlier() -> None:
    reply = tallied(
        [Usage(10, None), Text("one"), Usage(10, 1), Usage(None, 3, cached_tokens=4)],
        [Usage(20, 5, cached_tokens=6, reasoning_tokens=2)],
    )
    assert (reply.rounds, reply.input_tokens, reply.output_tokens) == (2, 30, 8)
    assert (reply.cached_tokens, reply.reasoning_tokens) == (10, None)
    assert reply.estimated_output_tokens is None


def test_one_unknown_count_makes_the_sum_unknown_and_it_is_estimated_apart() -> None:
    call = Call("1", "tide", "a" * 8)
    reply = tallied([Text("a" * 99), Usage(10, 7)], [Text("a" * 9), Reasoning("a" * 3), call])
    assert (reply.input_tokens, reply.output_tokens) == (None, None)
    # Seven are known, and twenty characters are five tokens.
    assert reply.estimated_output_tokens == 7 + 5


def test_nothing_is_estimated_where_nothing_has_arrived() -> None:
    for reply in (tallied(), tallied([]), tallied([Text("")])):
        assert (reply.input_tokens, reply.output_tokens) == (None, None)
        assert reply.estimated_output_tokens is None
        assert reply.first_token_seconds is None


def test_a_sum_that_no_column_holds_is_unknown() -> None:
    most = Usage(2**31 - 1, 2**31 - 1)
    reply = tallied([most], [most, Text("text")])
    assert (reply.input_tokens, reply.output_tokens) == (None, None)
    assert reply.estimated_output_tokens == 2**31 - 1


def test_what_comes_from_the_cache_is_counted_as_nothing() -> None:
    reply = tallied([Text("text")], before=Reply(is_from_cache=True))
    assert (reply.rounds, reply.input_tokens, reply.output_tokens) == (0, 0, 0)
    assert reply.estimated_output_tokens is None


def test_the_time_that_a_reply_waits_for_the_user_is_left_out(clock: Clock) -> None:
    reply, tally = Reply(), Tally()
    tally.load(reply)
    clock.now += 2
    tally.begin_response()
    tally.see(Reasoning("one"))
    clock.now += 1
    tally.see(Text("two"))
    tally.see(Usage(10, 5))
    tally.write_to(reply)
    assert (reply.first_token_seconds, reply.seconds, reply.rounds) == (2, 3, 1)

    clock.now += 1000
    resumed = Tally()
    resumed.load(reply)
    resumed.begin_response()
    clock.now += 4
    resumed.see(Text("three"))
    resumed.see(Usage(20, 6))
    for _ in ("while it streams", "at its end"):
        resumed.write_to(reply)
        assert (reply.first_token_seconds, reply.seconds, reply.rounds) == (2, 7, 2)
        assert (reply.input_tokens, reply.output_tokens) == (30, 11)


async def reply_to(prompt: str, stop: bool = False) -> Reply:
    """The row of a reply that was read to its end, or stopped after its first words."""
    begin = partial(rows.ask, Conversation(visitor="tests"), prompt)
    running = RunningReply(begin, lambda: None)
    async with limit("the reply ends"):
        task = asyncio.create_task(running.run())
        if stop:
            await running.begun
            await until("it has text", lambda: len(running.reply.text) > 20, lambda: running.reply)
            running.stop(Reply.Status.STOPPED)
        await task
    return await Reply.objects.aget(pk=running.reply.pk)


@pytest.mark.django_db(transaction=True)
async def test_the_row_holds_what_the_upstream_counted(model: FakeModel) -> None:
    reply = await reply_to("/long 20")
    [entry] = model.record
    sent = sum(len(prose.tokens(message.text)) for message in entry.messages)
    assert (reply.input_tokens, reply.output_tokens) == (sent, entry.tokens)
    assert reply.rounds == 1
    assert reply.seconds and reply.first_token_seconds
    assert 0 < reply.first_token_seconds <= reply.seconds


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("prompt", ["/long 500", "/think 3 /long 500"])
async def test_of_a_stopped_reply_what_is_not_told_is_estimated(
    slow_model: FakeModel, prompt: str
) -> None:
    reply = await reply_to(prompt, stop=True)
    assert reply.status == "stopped"
    expect_known_or_estimated(reply)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("prompt", ["/drop /long 20", "/cut /long 20"])
async def test_of_a_failed_reply_too(model: FakeModel, prompt: str) -> None:
    reply = await reply_to(prompt)
    assert reply.status == "failed"
    expect_known_or_estimated(reply)


@pytest.mark.django_db(transaction=True)
async def test_a_request_that_was_refused_has_used_nothing_that_is_known(model: FakeModel) -> None:
    reply = await reply_to("/401")
    counts = (reply.input_tokens, reply.output_tokens, reply.estimated_output_tokens)
    assert (reply.status, reply.rounds, counts) == ("failed", 1, (None, None, None))


@pytest.mark.django_db(transaction=True)
async def test_a_process_that_dies_has_saved_an_estimate(slow_model: FakeModel) -> None:
    begin = partial(rows.ask, Conversation(visitor="tests"), "/stall /paragraph 60")
    running = RunningReply(begin, lambda: None)
    task = asyncio.create_task(running.run())
    await running.begun
    await seen_by(slow_model, lambda record: record and record[0].tokens >= 30)
    saved = Reply.objects.filter(pk=running.reply.pk, seconds__gt=0).exclude(text="")
    async with limit("it is saved while it streams"):
        while not await saved.aexists():
            await asyncio.sleep(0.02)
    reply = await saved.aget()
    running.stop(Reply.Status.STOPPED)
    await task
    assert (reply.status, reply.rounds) == ("streaming", 1)
    expect_known_or_estimated(reply)


@pytest.mark.django_db(transaction=True)
async def test_the_line_of_a_reply_has_the_names_of_open_telemetry(
    model: FakeModel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "chat")
    reply = await reply_to("/think 3 /echo what nobody else may read")
    [record] = [each for each in caplog.records if "first token" in each.message]
    line = JsonFormatter().format(record)
    assert "nobody" not in line
    entry = json.loads(line)
    assert entry["gen_ai.request.model"] == reply.model
    assert entry["gen_ai.provider.name"] == names.OPEN_TELEMETRY_NAME
    assert entry["gen_ai.usage.input_tokens"] == reply.input_tokens
    assert entry["gen_ai.usage.output_tokens"] == reply.output_tokens
    assert entry["gen_ai.response.time_to_first_chunk"] == reply.first_token_seconds
    assert entry["gen_ai.client.operation.duration"] == reply.seconds
    assert entry["gen_ai.conversation.id"] == str(reply.conversation_id)
    assert (entry["chat.reply.id"], entry["chat.reply.status"]) == (reply.pk, "complete")
    assert None not in entry.values()


def expect_known_or_estimated(reply: Reply) -> None:
    """Which of the two depends on what the vendor says before its end."""
    estimate = math.ceil(len(reply.text + reply.reasoning) / 4)
    if reply.output_tokens is None:
        # What the reply ends in may be trimmed.
        assert reply.estimated_output_tokens == pytest.approx(estimate, abs=1)
    else:
        assert reply.estimated_output_tokens is None
        assert reply.output_tokens == pytest.approx(estimate, rel=0.6)
