"""The parameters of a function, as JSON schema for the model, and the arguments it wrote.

pydantic reads both from the signature.
"""

import functools
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema

MAX_ERRORS = 5
MAX_NAME_CHARS = 100


class WrongArguments(Exception):
    """The model wrote arguments that the function does not take. The text says which, and why."""


class Arguments:
    """What pydantic makes of the signature of a function.

    Raises what pydantic raises for a type that it does not know.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        # pydantic calls what it has validated the arguments for: not the function, only this.
        @functools.wraps(function)
        def collect(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
            return args, kwargs

        validated: Any = collect
        self._adapter: TypeAdapter[Any] = TypeAdapter(validated)

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the arguments."""
        return self._adapter.json_schema(schema_generator=_WithoutTitles)

    def read(self, arguments: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return positional and named arguments from JSON. Raises WrongArguments."""
        try:
            # Some models write nothing where there is nothing to say.
            args, kwargs = self._adapter.validate_json(arguments.strip() or "{}")
        except ValidationError as error:
            raise WrongArguments(_explain(error)) from error
        return args, kwargs


class _WithoutTitles(GenerateJsonSchema):
    """A title repeats the name of its parameter, and costs tokens with every request."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _explain(error: ValidationError) -> str:
    """What is wrong, without the values: they are in the call already."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    said = []
    for each in errors[:MAX_ERRORS]:
        where = ".".join(map(str, each["loc"]))[:MAX_NAME_CHARS]
        said.append(f"{where}: {each['msg']}" if where else each["msg"])
    if len(errors) > MAX_ERRORS:
        said.append(f"and {len(errors) - MAX_ERRORS} more")
    return f"Wrong arguments. {'; '.join(said)}."
