"""What the limits tell a person: what is used up, and when it works again."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from chat.error_messages import RefusedError, when


class LimitError(RefusedError):
    """A limit does not let a request through."""


def too_many_requests(seconds: float) -> str:
    """The next request may be sent in so many seconds."""
    number = settings.CHAT_REQUESTS_PER_MINUTE
    return _with_whose(
        f"At most {number} request{'' if number == 1 else 's'} a minute can be sent. "
        f"Try again {when(seconds)}."
    )


def used_up() -> str:
    """Today's tokens are used up, or nearly."""
    return _with_whose(
        f"Too few of today's {_tokens()} are left. There are new ones {_midnight()}."
    )


def in_flight() -> str:
    """They may be used up: it depends on replies that still stream."""
    return _with_whose(
        f"Replies that are still being written may use up today's {_tokens()}. Try again when they "
        f"have ended. There are new ones {_midnight()}."
    )


def too_large(needed: int) -> str:
    """No day has so many tokens."""
    return (
        f"With the conversation before it, this prompt needs about {needed:,} tokens. The limit is "
        f"{_tokens()} a day. Start a New chat, or shorten the prompt."
    )


def ending(reason: str) -> str:
    """The note of a reply that a limit has ended."""
    return f"The reply stops here. {reason}"


def _midnight() -> str:
    zone = timezone.get_default_timezone()
    tomorrow = timezone.localdate(timezone=zone) + timedelta(days=1)
    seconds = (datetime.combine(tomorrow, time(), zone) - timezone.now()).total_seconds()
    return f"at midnight ({settings.TIME_ZONE}), {when(seconds)}"


def _tokens() -> str:
    return f"{settings.CHAT_DAILY_TOKENS_PER_USER:,} tokens"


def _with_whose(text: str) -> str:
    if settings.CHAT_LOGIN_REQUIRED:
        return text
    return f"{text} All browsers at your network address share this limit."
