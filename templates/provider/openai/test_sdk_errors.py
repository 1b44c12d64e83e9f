"""What OpenAI, and servers that resemble OpenAI's, report as errors."""

import pytest

from chat import error_messages
from tests.conftest import KEY
from tests.provider.chunk_builders import ask, error, events
from tests.provider.chunk_builders import nothing_is_remembered as nothing_is_remembered
from tests.upstreams import Answer

COUNTRY = "unsupported_country_region_territory"
GONE = {"error": {"code": 502, "message": "Provider is gone"}, "choices": []}
IN_CHOICE = {"choices": [{"finish_reason": "error", "error": {"message": "It died"}}]}
NO_QUOTA = {"error": {"code": "insufficient_quota", "message": "No quota."}}
MISSING = [{"loc": ["body", "model"], "msg": "Field required"}]
TOO_LONG = "the request exceeds the available context size"

# What a server answers, and what becomes of it: the kind, and words for the sentence or the log.
ERRORS: dict[str, tuple[Answer, str, str]] = {
    "OpenAI, quota": (Answer(429, NO_QUOTA), "out_of_credit", "No quota."),
    "OpenAI, country": (error(403, "Not supported", code=COUNTRY), "bad_request", "Not supported"),
    "FastAPI": (Answer(400, {"detail": "Bad temperature"}), "bad_request", "Bad temperature"),
    "FastAPI, a list": (Answer(422, {"detail": MISSING}), "bad_request", "Field required"),
    "FastAPI, no route": (Answer(404, {"detail": "Not Found"}), "wrong_address", "Not Found"),
    "plain text": (Answer(400, "no such thing"), "bad_request", "no such thing"),
    "nothing": (Answer(502), "gateway_error", "502"),
    "a string": (Answer(400, {"error": "model is broken"}), "bad_request", "model is broken"),
    "llama.cpp, loading": (error(503, "Loading model", code=503), "overloaded", "Loading model"),
    "llama.cpp, context": (error(400, TOO_LONG, code=400), "context_too_long", "exceeds"),
    "vLLM, model": (error(404, "The model `x` does not exist."), "model_unknown", "not exist"),
    "Groq, too large": (
        error(413, "Request too large", code="rate_limit_exceeded"),
        "context_too_long",
        "Request too large",
    ),
    "OpenRouter, credit": (error(402, "No credits", code=402), "out_of_credit", "No credits"),
    "OpenRouter, in the stream": (Answer(body=events(GONE)), "server_error", "Provider is gone"),
    "OpenRouter, in a choice": (Answer(body=events(IN_CHOICE)), "server_error", "It died"),
    "a quota in the stream": (Answer(body=events(NO_QUOTA)), "out_of_credit", "No quota."),
    "no chunk": (Answer(body=events('"Hello"')), "malformed", "a str"),
}


@pytest.mark.parametrize(("answer", "kind", "words"), ERRORS.values(), ids=ERRORS.keys())
async def test_an_error_is_understood_wherever_its_reason_is(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: str, words: str
) -> None:
    heard, server = await ask(monkeypatch, "Hello", answer)
    assert heard.error
    assert heard.error.kind == kind
    assert words in heard.error.detail
    assert KEY not in error_messages.for_error(heard.error)
    assert len(server.requests) == 1
