"""What a function becomes as a tool: what the model is told of it, and what it answers."""

import json
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from chat.tools.tool import MAX_CHARS, ToolError, tool


class Place(BaseModel):
    city: str
    country: str = "DE"


@tool(confirm=True, seconds=5)
def weather(
    place: Place,
    days: Annotated[int, Field(description="How many days ahead", ge=0, le=7)] = 0,
) -> str:
    """Return the weather.

    Only for places on earth.
    """
    return f"{days}: rain in {place.city}, {place.country}"


@tool
async def search(words: list[str]) -> dict[str, Any]:
    """Search for words."""
    return {"found": words, "place": Place(city="Köln")}


def test_the_model_is_told_what_signature_and_docstring_say() -> None:
    spec = weather.spec
    assert (spec.name, spec.description) == (
        "weather",
        "Return the weather.\n\nOnly for places on earth.",
    )
    place = spec.parameters.pop("$defs")["Place"]
    assert place["required"] == ["city"]
    assert spec.parameters == {
        "type": "object",
        "properties": {
            "place": {"$ref": "#/$defs/Place"},
            "days": {
                "type": "integer",
                "default": 0,
                "minimum": 0,
                "maximum": 7,
                "description": "How many days ahead",
            },
        },
        "required": ["place"],
        "additionalProperties": False,
    }


def test_the_decorator_takes_options_or_none() -> None:
    assert (weather.confirm, weather.seconds) == (True, 5)
    assert (search.confirm, search.seconds) == (False, 10)


async def test_it_is_still_called_like_the_function() -> None:
    assert weather(Place(city="Rome", country="IT"), days=2) == "2: rain in Rome, IT"
    assert (await search(["a"]))["found"] == ["a"]
    assert weather.__doc__ == weather.function.__doc__


def test_only_a_function_can_be_a_tool() -> None:
    with pytest.raises(TypeError, match="Place"):
        tool(Place)


async def test_it_takes_the_json_of_the_model() -> None:
    assert await weather.call('{"place": {"city": "Rome"}, "days": "1"}') == "1: rain in Rome, DE"


@pytest.mark.parametrize("arguments", ["", " ", "{}"])
async def test_no_arguments_may_be_written_as_nothing(arguments: str) -> None:
    @tool
    def ping() -> str:
        """Answer."""
        return "pong"

    assert await ping.call(arguments) == "pong"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("{}", "place: Missing required argument"),
        ('{"place": {}}', "place.city: Field required"),
        ('{"place": {"city": "X"}, "days": 9}', "days: Input should be less than or equal to 7"),
        ('{"place": {"city": "X"}, "day": 1}', "day: Unexpected keyword argument"),
        ('{"place": "', "Invalid JSON: EOF"),
        ("null", "Arguments must be"),
        ("", "place: Missing required argument"),
    ],
)
async def test_wrong_arguments_are_told_with_their_names(arguments: str, said: str) -> None:
    with pytest.raises(ToolError) as wrong:
        await weather.call(arguments)
    assert wrong.value.text.startswith("Wrong arguments. ")
    assert said in wrong.value.text
    assert "pydantic" not in wrong.value.text


async def test_a_thousand_wrong_arguments_make_no_long_text() -> None:
    arguments = {"x" * 1000 + str(number): 0 for number in range(1000)}
    with pytest.raises(ToolError, match="and 996 more") as wrong:
        await weather.call(json.dumps(arguments))
    assert len(wrong.value.text) < 1000


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ("Grüße, 世界 🎉", "Grüße, 世界 🎉"),
        ("", ""),
        (None, "null"),
        ([1, 2.5], "[1,2.5]"),
        ({"place": Place(city="Köln")}, '{"place":{"city":"Köln","country":"DE"}}'),
    ],
)
async def test_a_result_is_text_or_else_json(result: Any, text: str) -> None:
    @tool
    def give() -> Any:
        """Give."""
        return result

    @tool
    async def give_later() -> Any:
        """Give."""
        return result

    assert await give.call("{}") == await give_later.call("{}") == text


@pytest.mark.parametrize("result", ["é" * (MAX_CHARS + 1), ["é" * MAX_CHARS]], ids=["text", "json"])
async def test_a_long_result_is_cut_and_says_so(result: Any) -> None:
    @tool
    def give() -> Any:
        """Give."""
        return result

    text = await give.call("{}")
    assert len(text) == MAX_CHARS
    assert text.endswith("characters are more than the limit of 20,000.]")


async def test_the_longest_result_is_whole() -> None:
    @tool
    def give() -> str:
        """Give."""
        return "é" * MAX_CHARS

    assert await give.call("{}") == "é" * MAX_CHARS
