"""What the built-in model decides to say to a prompt."""

import dataclasses

import pytest

from fake_model import dialect, prose, script
from fake_model.contract import Message, Request


def request(prompt: str, max_tokens: int | None = None) -> Request:
    path, body = dialect.example(prompt)
    asked = dialect.read(path.partition("?")[0], body)
    return dataclasses.replace(asked, max_tokens=max_tokens)


def test_the_same_prompt_gets_the_same_text() -> None:
    assert script.plan(request("Hello")) == script.plan(request("Hello"))
    assert script.plan(request("Hello")).pieces != script.plan(request("Goodbye")).pieces


@pytest.mark.parametrize(
    "word", ["/long", "/paragraph", "/list", "/table", "/codeblock", "/fences"]
)
@pytest.mark.parametrize("size", [1, 2, 500])
def test_a_sized_reply_has_exactly_that_many_tokens(word: str, size: int) -> None:
    assert len(script.plan(request(f"{word} {size}")).pieces) == size


def test_sizes_are_clamped() -> None:
    assert len(script.plan(request("/list 0")).pieces) == 1
    assert len(script.plan(request(f"/list {'9' * 5000}")).pieces) == script.MOST_TOKENS


def test_a_word_counts_only_on_its_own() -> None:
    assert script.plan(request("see http://host/500, a/500 and /500/x")).failure is None
    assert script.plan(request("please /500, now")).failure == "500"


def test_the_token_limit_of_the_request_is_kept() -> None:
    plan = script.plan(request("/long 500", max_tokens=3))
    assert (len(plan.pieces), plan.ending) == (3, "length")


def test_words_of_different_kinds_add_up() -> None:
    plan = script.plan(request("/slow /stall /table 60"))
    assert (plan.tokens_per_second, plan.ending) == (script.SLOW_TOKENS_PER_SECOND, "stall")
    assert len(plan.pieces) == 30


def test_a_reply_counts_what_it_was_asked_so_far() -> None:
    asked = request("And now?")
    history = [Message("user", "First?"), Message("assistant", "So."), *asked.messages]
    plan = script.plan(dataclasses.replace(asked, messages=history))
    assert "You have asked me 2 things so far." in "".join(plan.pieces)


def test_reasoning_comes_first_and_counts_for_the_limit() -> None:
    plan = script.plan(request("/think 20 /long 30"))
    assert (len(plan.thoughts), len(plan.pieces)) == (20, 30)
    cut = script.plan(request("/think 20 /long 30", max_tokens=25))
    assert (cut.thoughts, cut.pieces, cut.ending) == (plan.thoughts, plan.pieces[:5], "length")
    none = script.plan(request("/think 20 /long 30", max_tokens=5))
    assert (none.thoughts, none.pieces, none.ending) == (plan.thoughts[:5], [], "length")


@pytest.mark.parametrize("word", ["/markdown", "/code", "/xss"])
def test_tokens_joined_are_the_text(word: str) -> None:
    pieces = script.plan(request(word)).pieces
    assert (
        "".join(pieces)
        == {
            "/markdown": prose.MARKDOWN,
            "/code": prose.CODE,
            "/xss": prose.XSS,
        }[word]
    )
