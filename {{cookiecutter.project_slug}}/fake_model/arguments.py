"""Invents arguments for a tool: no more than its JSON schema demands."""

import math
from typing import Any

# By the `format` of a string.
_STRINGS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "pilot@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_WORD = "tide"
_NUMBER = 3


def invent(schema: dict[str, Any]) -> Any:
    """A value that the schema allows: its example or default, or else a short one.

    It obeys what pydantic writes into a schema, except `pattern`.
    """
    return _invent(schema, schema.get("$defs", {}))


def _invent(schema: Any, defs: dict[str, Any]) -> Any:
    if not isinstance(schema, dict):
        return _WORD
    match schema:
        case {"const": value} | {"examples": [value, *_]} | {"default": value}:
            return value
        case {"enum": [value, *_]}:
            return value
        case {"$ref": str(name)}:
            return _invent(defs.get(name.rpartition("/")[2]), defs)
        case {"anyOf": [first, *_]} | {"oneOf": [first, *_]} | {"allOf": [first, *_]}:
            return _invent(first, defs)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            properties = schema.get("properties", {})
            required = schema.get("required", [])
            return {name: _invent(properties.get(name), defs) for name in required}
        case "array":
            items = schema.get("prefixItems") or [schema.get("items")] * schema.get("minItems", 0)
            return [_invent(item, defs) for item in items]
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return True
        case "null":
            return None
    text = _STRINGS.get(schema.get("format", ""), _WORD)
    return text.ljust(schema.get("minLength", 0), "e")[: schema.get("maxLength")]


def _number(schema: dict[str, Any]) -> float:
    """3, or else a number at or between the limits."""
    limits = {"minimum": 0, "exclusiveMinimum": 1, "maximum": 0, "exclusiveMaximum": -1}
    ends = [schema[limit] + step for limit, step in limits.items() if limit in schema]
    candidates = [_NUMBER, *ends, sum(ends) / len(ends)] if ends else [_NUMBER]
    if multiple := schema.get("multipleOf"):
        candidates = [math.ceil(number / multiple) * multiple for number in candidates]
    return next((number for number in candidates if _fits(number, schema)), _NUMBER)


def _fits(number: float, schema: dict[str, Any]) -> bool:
    if not schema.get("minimum", number) <= number <= schema.get("maximum", number):
        return False
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    return (above is None or above < number) and (below is None or number < below)
