"""A status counts only with a body of the API: a gateway means something else by it."""

import time
from email.utils import formatdate
from typing import Any

import pytest

from chat import error_messages
from chat.provider import names
from chat.provider.http_errors import retry_after, status_kind
from tests.conftest import point_at
from tests.listener import hear_error, listen
from tests.upstreams import Answer, scripted

HTML = {"Content-Type": "text/html; charset=iso-8859-1"}
JSON = {"Content-Type": "application/json"}


def page(status: int, title: str) -> Answer:
    """A web page, as gateways, firewalls and login pages answer. Its words are no reason."""
    text = f"<!doctype html><title>{title}</title><p>This model, its key and context length.</p>"
    return Answer(status, text.encode("latin-1"), HTML | {"Retry-After": "9"})


# What something in front of the API answers, and what becomes of it: the kind, and its detail.
GATEWAYS: dict[str, tuple[Answer, str, str]] = {
    "firewall": (page(403, "Zugriff verweigert für Sie"), "gateway", "verweigert für Sie"),
    "401": (page(401, "401 Authorization Required"), "gateway", "401 Authorization Required"),
    "402": (page(402, "Payment"), "gateway", "402 Payment Required, Payment"),
    "TLS": (page(400, "400 Sent to HTTPS port"), "gateway", "400 Sent to HTTPS port"),
    "407": (page(407, "Log in"), "gateway", "407 Proxy Authentication Required, Log in"),
    "404": (page(404, "404 Not Found"), "wrong_address", "404 Not Found"),
    "405": (page(405, "Method"), "wrong_address", "405 Method Not Allowed"),
    "nginx": (page(413, "413 Too Large"), "request_too_large", "413 Too Large"),
    "limiter": (page(429, "Slow down"), "gateway_error", "429 Too Many Requests, Slow down"),
    "502": (page(502, "502 Bad Gateway"), "gateway_error", "502 Bad Gateway"),
    "504": (page(504, "504 Gateway Time-out"), "gateway_error", "504 Gateway Time-out"),
    "empty 401": (Answer(401), "gateway", "401 Unauthorized (it may want another key)"),
    "empty 503": (Answer(503), "gateway_error", "503 Service Unavailable"),
    "Envoy": (Answer(403, "RBAC: access denied"), "gateway", "RBAC: access denied"),
    "Envoy, 503": (Answer(503, "no healthy upstream"), "gateway_error", "no healthy upstream"),
    "AWS": (Answer(403, {"message": "Forbidden"}, JSON), "gateway", "403 Forbidden"),
    "login page": (
        Answer(302, headers={"Location": "https://login.example.com/?next=secret"}),
        "wrong_address",
        "it redirects to login.example.com",
    ),
}


@pytest.mark.parametrize(("answer", "kind", "detail"), GATEWAYS.values(), ids=GATEWAYS.keys())
async def test_what_is_in_front_of_the_api_is_not_taken_for_it(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: str, detail: str
) -> None:
    with scripted(answer) as server:
        point_at(server.address, monkeypatch)
        heard = await listen("Hello")
    assert heard.error
    assert heard.error.kind == kind
    assert detail in heard.error.detail
    sentence = error_messages.for_error(heard.error)
    assert server.address in sentence
    assert f"{names.TITLE} refused" not in sentence
    assert ("Retry in 9 seconds." in sentence) == (answer.status in (429, 502, 504))
    assert len(server.requests) == 1


# Of servers whose errors have a form of their own, but say what they mean.
OTHERS: dict[str, tuple[int, Any, str]] = {
    "Kong": (401, {"message": "No API key found in request"}, "key_refused"),
    "Azure": (401, {"statusCode": 401, "message": "Wrong subscription key."}, "key_refused"),
    "FastAPI": (401, {"detail": "Invalid authentication token"}, "key_refused"),
    "text": (401, "Wrong API key", "key_refused"),
    "Starlette": (500, "Internal Server Error", "server_error"),
    "a limit": (429, {"message": "Rate limit exceeded"}, "rate_limited"),
    "too large": (413, {"detail": "The prompt is too long"}, "context_too_long"),
}


@pytest.mark.parametrize(("status", "body", "kind"), OTHERS.values(), ids=OTHERS.keys())
async def test_an_error_in_another_form_counts_if_its_words_bear_it_out(
    monkeypatch: pytest.MonkeyPatch, status: int, body: Any, kind: str
) -> None:
    assert (await hear_error(Answer(status, body), monkeypatch)).kind == kind


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("", None),
        ("0", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        (formatdate(0, usegmt=True), None),
    ],
)
def test_retry_after_is_a_number_of_seconds_above_0(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}) == seconds


def test_retry_after_may_be_a_date() -> None:
    in_an_hour = formatdate(time.time() + 3600, usegmt=True)
    assert retry_after({"retry-after": in_an_hour}) == pytest.approx(3600, abs=60)


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (400, "", "bad_request"),
        (401, "", "key_refused"),
        (402, "", "out_of_credit"),
        (403, "", "key_refused"),
        (403, "This key may not.", "key_refused"),
        (403, "Request not allowed", "bad_request"),
        (404, "The model does not exist.", "model_unknown"),
        (404, "No endpoints found for some/one.", "model_unknown"),
        (404, "Not Found: /v1/models/some/one", "wrong_address"),
        (404, "", "wrong_address"),
        (405, "", "wrong_address"),
        (413, "", "context_too_long"),
        (422, "", "bad_request"),
        (429, "", "rate_limited"),
        (500, "", "server_error"),
        (502, "", "server_error"),
        (503, "", "overloaded"),
        (529, "", "overloaded"),
    ],
)
def test_a_status_has_a_kind(status: int, words: str, kind: str) -> None:
    assert status_kind(status, words, "some/one") == kind
