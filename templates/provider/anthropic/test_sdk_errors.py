"""What Anthropic reports as errors."""

import pytest

from chat import error_messages
from tests.conftest import KEY
from tests.provider.chunk_builders import HI, ask, error, events, start
from tests.upstreams import Answer

# What the service answers, and what becomes of it.
ERRORS: dict[str, tuple[Answer, str]] = {
    "billing": (Answer(403, error("billing_error", "Pay first")), "out_of_credit"),
    "spend limit": (
        Answer(429, error("rate_limit_error", "Stop", error_code="enforced_spend_limit_reached")),
        "out_of_credit",
    ),
    "permission": (Answer(403, error("permission_error", "Not yours")), "key_refused"),
    "too many bytes": (Answer(413, error("request_too_large", "Too large")), "context_too_long"),
    "with the reply too long": (
        Answer(
            400,
            error(
                "invalid_request_error",
                "input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000",
            ),
        ),
        "context_too_long",
    ),
    "another request": (
        Answer(400, error("invalid_request_error", "max_tokens: 1 > 0")),
        "bad_request",
    ),
    "a proxy in between": (Answer(502, "<html>Bad Gateway</html>"), "gateway_error"),
    "a gateway without reason": (Answer(504), "gateway_error"),
    "overloaded in the stream": (
        Answer(body=events(start(), HI, error("overloaded_error", "Overloaded"))),
        "overloaded",
    ),
    "a rate limit in the stream": (
        Answer(body=events(start(), HI, error("rate_limit_error", "Slow down"))),
        "rate_limited",
    ),
    "an error in the stream that is new": (
        Answer(body=events(start(), HI, error("new_error", "Oh"))),
        "server_error",
    ),
    "no event": (Answer(body='event: message_start\ndata: "Hello"\n\n'), "malformed"),
}


@pytest.mark.parametrize(("answer", "kind"), ERRORS.values(), ids=ERRORS.keys())
async def test_an_error_has_its_kind(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: str
) -> None:
    heard, server = await ask(monkeypatch, "Hello", answer)
    assert heard.error
    assert heard.error.kind == kind
    assert bool(heard.text) == ("text_delta" in str(answer.body))
    assert KEY not in error_messages.for_error(heard.error)
    assert len(server.requests) == 1


async def test_the_reason_of_a_bad_request_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer(400, error("invalid_request_error", "max_tokens: must be less"))
    heard, _ = await ask(monkeypatch, "Hello", answer)
    assert heard.error
    assert error_messages.for_error(heard.error).endswith("max_tokens: must be less")
