"""What a provider says of an error, as a log and a database can keep it; what a status means."""

import time
from email.utils import formatdate

import pytest

from chat.provider.errors import ProviderError, explain_connection, retry_after, status_kind


def test_what_the_provider_says_is_one_line_of_text() -> None:
    error = ProviderError("server_error", "half \ud83d\0\r\n\x1b[31mred  \u00fc")
    assert error.detail == "half [31mred \u00fc"
    assert len(ProviderError("server_error", "x" * 1000).detail) == 200


def test_nobody_waits_for_more_than_a_day() -> None:
    assert ProviderError("rate_limited", retry_after=1e14).retry_after == 24 * 60 * 60
    assert ProviderError("rate_limited", retry_after=7).retry_after == 7
    assert ProviderError("rate_limited").retry_after is None


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


def test_a_fault_of_our_own_is_internal() -> None:
    assert explain_connection(AttributeError("oops")).kind == "internal"
