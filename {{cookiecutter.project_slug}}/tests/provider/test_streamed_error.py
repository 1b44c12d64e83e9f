"""An error is found, with its reason, in whatever shape a server sends it."""

import json
from typing import Any

import pytest

from chat.provider.errors import Kind
from chat.provider.http_errors import explain_body
from chat.provider.streamed_error import is_error

WITHIN = json.dumps({"error": {"message": "It broke"}})
ERRORS: dict[str, tuple[Any, Kind]] = {
    "an object": ({"error": {"message": "It broke", "type": "odd", "code": None}}, "server_error"),
    "a typed object": (
        {"type": "error", "error": {"type": "api_error", "message": "It broke"}},
        "server_error",
    ),
    "a list": (
        [{"error": {"code": 503, "message": "It broke", "status": "UNAVAILABLE"}}],
        "overloaded",
    ),
    "without an object": ({"object": "error", "message": "It broke", "code": 400}, "bad_request"),
    "detail": ({"detail": "It broke"}, "server_error"),
    "a list of details": ({"detail": [{"loc": ["body"], "msg": "It broke"}]}, "server_error"),
    "a string": ({"error": "It broke"}, "server_error"),
    "a status in words": ({"status": "error", "message": "It broke"}, "server_error"),
    "a status in digits": ({"error": {"code": "429", "message": "It broke"}}, "rate_limited"),
    "a body within": ({"error": {"message": WITHIN, "code": 502}}, "server_error"),
    "errors": ({"errors": [{"message": "It broke"}]}, "server_error"),
}


@pytest.mark.parametrize(("body", "kind"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_has_words_and_a_kind(body: Any, kind: Kind) -> None:
    assert is_error(body)
    error = explain_body(body, "some/one")
    assert error.kind == kind
    assert error.detail.startswith("It broke")


@pytest.mark.parametrize("body", [{}, [], None, 5, "x", {"error": None}, {"message": "queued"}])
def test_another_body_is_no_error(body: Any) -> None:
    assert not is_error(body)


@pytest.mark.parametrize("body", [None, [], {"error": {"code": 500}}, {"error": [None]}, 5])
def test_an_error_may_lack_its_reason(body: Any) -> None:
    assert explain_body(body, "some/one").kind == "server_error"
