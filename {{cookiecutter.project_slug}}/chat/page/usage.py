"""What a reply has used, as its foot says it and as attributes of its article."""

from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from chat.models import Reply

# The attributes of the article. One whose value is unknown is left out.
ATTRIBUTES = {"data-input-tokens": "input_tokens", "data-output-tokens": "output_tokens"}


def context(reply: Reply) -> dict[str, str]:
    """What the templates need."""
    return {"text": text(reply), "attributes": _html(attributes(reply))}


def at_end(reply: Reply) -> dict[str, Any]:
    """What `chat:end` holds for `static/chat/usage.js`."""
    return {"usage": [text(reply), attributes(reply)]}


def attributes(reply: Reply) -> dict[str, int]:
    """Those of the article: none while it streams."""
    if reply.status == Reply.Status.STREAMING:
        return {}
    values = {name: getattr(reply, field) for name, field in ATTRIBUTES.items()}
    return {name: value for name, value in values.items() if value is not None}


def text(reply: Reply) -> str:
    """One line, such as "Tokens: 1,200 in, 340 out. 4.2 s, first token after 0.8 s." """
    if reply.status == Reply.Status.STREAMING:
        return ""
    return " ".join(filter(None, [_tokens(reply), _seconds(reply)]))


def _tokens(reply: Reply) -> str:
    if reply.is_from_cache:
        return "From the cache, 0 tokens."
    if reply.input_tokens is None and _out(reply) == "unknown":
        return ""
    parts = [
        f"{_number(reply.input_tokens)} in{_of_them(reply.cached_tokens, 'cached')}",
        f"{_out(reply)} out{_of_them(reply.reasoning_tokens, 'reasoning')}",
    ]
    if reply.rounds > 1:
        parts.append(f"{reply.rounds} requests")
    return f"Tokens: {', '.join(parts)}."


def _out(reply: Reply) -> str:
    if reply.output_tokens is None and reply.estimated_output_tokens is not None:
        return f"about {reply.estimated_output_tokens:,}"
    return _number(reply.output_tokens)


def _number(tokens: int | None) -> str:
    return "unknown" if tokens is None else f"{tokens:,}"


def _of_them(tokens: int | None, what: str) -> str:
    return f" ({tokens:,} {what})" if tokens else ""


def _seconds(reply: Reply) -> str:
    if reply.first_token_seconds is None or reply.seconds is None:
        return ""
    return f"{reply.seconds:.1f} s, first token after {reply.first_token_seconds:.1f} s."


def _html(values: dict[str, int]) -> SafeString:
    return format_html_join(" ", '{}="{}"', values.items())
