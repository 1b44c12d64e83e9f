"""Reads JSON whose types may differ from the vendor's documents.

The SDK does not check them: a field may be null, or a list where text is expected. What is not of
the expected type counts as absent.
"""

from typing import Any


def get(thing: Any, name: str) -> Any:
    """A field of a JSON object, or of the SDK's model of one; None if there is none."""
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


def each(thing: Any) -> list[Any]:
    """The items of a list. An object is a list of one."""
    if isinstance(thing, list):
        return thing
    return [] if thing is None else [thing]


def text(content: Any) -> str:
    """Text, or the text parts of a list, without the parts that hold the model's thoughts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(map(text, content))
    if get(content, "type") in (None, "text", "output_text"):
        value = get(content, "text")
        return value if isinstance(value, str) else ""
    return ""


def count(number: Any) -> int | None:
    """A number of tokens; None if it is no whole number."""
    return number if isinstance(number, int) and not isinstance(number, bool) else None
