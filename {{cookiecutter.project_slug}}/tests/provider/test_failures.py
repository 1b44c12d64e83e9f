"""Each failure of the provider, provoked on the wire with the real SDK, has its kind."""

import logging

import pytest
from pytest_django import Settings

from chat import error_messages
from chat.provider import names
from fake_model.server import FakeModel
from tests.conftest import KEY, point_at
from tests.listener import listen
from tests.upstreams import Answer, scripted

# The kind, and whether text had arrived by then.
FAILURES = {
    "/401": ("key_refused", False),
    "/404": ("model_unknown", False),
    "/429": ("rate_limited", False),
    "/500": ("server_error", False),
    "/overloaded": ("overloaded", False),
    "/quota": ("out_of_credit", False),
    "/context": ("context_too_long", False),
    "/drop": ("lost", True),
    "/garbage": ("malformed", True),
    "/error": ("server_error", True),
}


@pytest.mark.parametrize(("word", "expected"), FAILURES.items(), ids=FAILURES.keys())
async def test_each_word_has_its_kind_and_is_asked_once(
    model: FakeModel, caplog: pytest.LogCaptureFixture, word: str, expected: tuple[str, bool]
) -> None:
    caplog.set_level(logging.DEBUG)
    heard = await listen(f"{word} /long 40")
    assert heard.error
    assert (heard.error.kind, bool(heard.text)) == expected
    assert heard.error.retry_after == (7 if word == "/429" else None)
    assert heard.finish is None
    assert len(model.record) == 1
    assert KEY not in error_messages.for_error(heard.error) + heard.error.detail + caplog.text


@pytest.mark.parametrize(
    ("word", "finish"),
    [("", "stop"), ("/length", "length"), ("/refuse", "refused"), ("/cut", None)],
)
async def test_each_ending_is_told(model: FakeModel, word: str, finish: str | None) -> None:
    heard = await listen(f"{word} /long 40")
    assert heard.error is None
    assert heard.text
    assert heard.finish == finish
    assert len(model.record) == 1


async def test_reasoning_comes_apart_from_the_text(model: FakeModel) -> None:
    heard = await listen("/think 20 /echo and the text")
    assert (heard.error, heard.text, heard.finish) == (None, "and the text", "stop")
    assert heard.reasoning.startswith("I am asked")
    assert (model.record[0].thoughts, model.record[0].tokens) == (20, 3)
    assert heard.usage[1] == 23


async def test_the_beginning_of_a_tag_is_text_where_the_reply_is_cut_off(model: FakeModel) -> None:
    heard = await listen("/cut /chars /echo <thi+++")
    assert heard.finish is None
    assert heard.text == "<thi"


async def test_a_missing_key_is_told_and_nothing_is_sent(
    model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_API_KEY = ""
    heard = await listen("Hello")
    assert heard.error
    assert heard.error.kind == "key_missing"
    assert names.KEY_VARIABLE in error_messages.for_error(heard.error)
    assert len(model.record) == 0


@pytest.mark.parametrize("key", ["sk-secret\nsecond line", "sk-secret…"])
async def test_a_key_that_no_header_can_carry_is_told_without_repeating_it(
    model: FakeModel, settings: Settings, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.CHAT_API_KEY = key
    heard = await listen("Hello")
    assert heard.error
    assert heard.error.kind == "key_refused"
    assert (
        "sk-secret" not in error_messages.for_error(heard.error) + heard.error.detail + caplog.text
    )
    assert len(model.record) == 0


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
async def test_a_key_that_a_server_repeats_goes_no_further(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.INFO)
    body = {"error": {"message": f"model: the key {KEY} is wrong", "type": "x", "code": status}}
    with scripted(Answer(status, body)) as server:
        point_at(server.address, monkeypatch)
        heard = await listen("Hello")
    assert heard.error
    assert "the key *** is wrong" in heard.error.detail
    assert KEY not in error_messages.for_error(heard.error) + caplog.text
