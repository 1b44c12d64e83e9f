"""What a provider says of an error, as a log and a database can keep it."""

from chat.provider.errors import ProviderError, explain_connection


def test_what_the_provider_says_is_one_line_of_text() -> None:
    error = ProviderError("server_error", "half \ud83d\0\r\n\x1b[31mred  \u00fc")
    assert error.detail == "half [31mred \u00fc"
    assert len(ProviderError("server_error", "x" * 1000).detail) == 200


def test_nobody_waits_for_more_than_a_day() -> None:
    assert ProviderError("rate_limited", retry_after=1e14).retry_after == 24 * 60 * 60
    assert ProviderError("rate_limited", retry_after=7).retry_after == 7
    assert ProviderError("rate_limited").retry_after is None


def test_a_fault_of_our_own_is_internal() -> None:
    assert explain_connection(AttributeError("oops")).kind == "internal"
