"""An error in the body of a response whose status is 200, in any of the shapes that servers use."""

from typing import Any

from chat.provider.error_wordings import words

STATUSES = ("code", "status_code", "status")


class StreamedError(Exception):
    """Sent instead of a reply, or of its rest. `body` is its JSON, or its text."""

    def __init__(self, body: Any) -> None:
        self.body = body
        super().__init__(body)


def is_error(body: Any) -> bool:
    """Whether this JSON, which may be a chunk of a reply, is an error."""
    if isinstance(body, list):
        return any(map(is_error, body))
    if not isinstance(body, dict):
        return False
    named = "error" in (body.get("type"), body.get("object"), body.get("status"))
    told = _has_status(body) and words(body)
    return bool(named or told or body.get("error") or body.get("errors") or body.get("detail"))


def _has_status(body: dict[str, Any]) -> bool:
    numbers = (str(body.get(key)) for key in STATUSES)
    return any(number.isdecimal() and 400 <= int(number) < 600 for number in numbers)
