"""What Google reports as errors."""

from typing import Any

import pytest

from chat import error_messages
from tests.conftest import KEY
from tests.provider.chunk_builders import ask, error
from tests.upstreams import Answer

RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"}
QUOTA = "You exceeded your current quota, please check your plan and billing details."


def violation(quota: str) -> dict[str, Any]:
    type_ = "type.googleapis.com/google.rpc.QuotaFailure"
    return {"@type": type_, "violations": [{"quotaId": quota}]}


# What the service answers, and what becomes of it: the kind, and the seconds to wait.
ERRORS: dict[str, tuple[Answer, str, float | None]] = {
    "a wrong key": (
        error(
            400,
            "INVALID_ARGUMENT",
            "API key not valid. Please pass a valid API key.",
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
            },
        ),
        "key_refused",
        None,
    ),
    "a key without permission": (error(403, "PERMISSION_DENIED", "No."), "key_refused", None),
    "by the minute": (
        error(429, "RESOURCE_EXHAUSTED", QUOTA, violation("RequestsPerMinute"), RETRY),
        "rate_limited",
        34.4,
    ),
    "by the day": (
        error(429, "RESOURCE_EXHAUSTED", QUOTA, violation("RequestsPerDayPerProject"), RETRY),
        "out_of_credit",
        34.4,
    ),
    "no number of seconds": (
        error(429, "RESOURCE_EXHAUSTED", "Slow down.", {**RETRY, "retryDelay": "1.2.3s"}),
        "rate_limited",
        None,
    ),
    "no credit": (
        error(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
        "out_of_credit",
        None,
    ),
    "a place": (
        error(400, "FAILED_PRECONDITION", "User location is not supported."),
        "bad_request",
        None,
    ),
    "a deadline": (error(504, "DEADLINE_EXCEEDED", "Too slow."), "server_error", None),
    "a page": (Answer(502, "<html>Bad Gateway</html>"), "gateway_error", None),
    "another server": (Answer(404, "<html>Not Found</html>"), "wrong_address", None),
}


@pytest.mark.parametrize(("answer", "kind", "seconds"), ERRORS.values(), ids=ERRORS.keys())
async def test_an_error_has_its_kind(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: str, seconds: float | None
) -> None:
    heard, server = await ask(monkeypatch, "Hello", answer)
    assert heard.error
    assert (heard.error.kind, heard.error.retry_after) == (kind, seconds)
    assert KEY not in error_messages.for_error(heard.error)
    assert len(server.requests) == 1


async def test_the_reason_of_a_bad_request_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, _ = await ask(
        monkeypatch, "Hello", error(400, "INVALID_ARGUMENT", "Temperature is too high.")
    )
    assert heard.error
    assert error_messages.for_error(heard.error).endswith("Temperature is too high.")
