"""`calculate` calculates, and nothing that a model writes makes it run code or hang."""

import json
import time

import pytest

from chat.tools.functions.calculator import calculate
from chat.tools.tool import ToolError


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * -3", "-9"),
        ("0.1 + 0.2", "0.3"),
        ("1 / 3 * 3", "1"),
        ("7 % 3", "1"),
        ("2 ** 0.5", "1.41421356237309504880168872420969807857"),
        ("2 ** 100", "1267650600228229401496703205376"),
        ("3.14159265358979323846 * 2", "6.28318530717958647692"),
        ("10 ** 60", "1E+60"),
        ("1e400", "1E+400"),
        ("-0.0", "0"),
        (" 1_000 ", "1000"),
    ],
)
def test_it_calculates(expression: str, value: str) -> None:
    assert calculate(expression) == value


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("1 / 0", "divides by zero"),
        ("9**9**9**9", "too large"),
        ("1e999999999", "too large"),
        ("(-8) ** 0.5", "no result among the real numbers"),
        ("0 / 0", "no result among the real numbers"),
        ("2 +", "not an arithmetic expression"),
        ("", "not an arithmetic expression"),
        ("1\0", "not an arithmetic expression"),
        ("(" * 500, "not an arithmetic expression"),
        ("True", "True is not understood"),
        ("1 < 2", "1 < 2 is not understood"),
        ("'a' * 9", "'a' is not understood"),
        ("__import__('os').getcwd()", "is not understood"),
        ("[x for x in (1,)]", "is not understood"),
    ],
)
def test_what_it_cannot_calculate_is_told(expression: str, said: str) -> None:
    with pytest.raises(ToolError) as told:
        calculate(expression)
    assert said in told.value.text


@pytest.mark.parametrize(
    "expression",
    ["9**" * 166 + "9", "1.5**" * 99 + "1", "-" * 499 + "1", "1" + "+1" * 249, "9" * 500],
    ids=["powers", "small powers", "signs", "sums", "digits"],
)
async def test_the_longest_expressions_take_no_time(expression: str) -> None:
    started = time.process_time()
    try:
        await calculate.call(json.dumps({"expression": expression}))
    except ToolError as error:
        assert "too large" in error.text
    assert time.process_time() - started < 1


async def test_a_longer_expression_is_refused_unread() -> None:
    with pytest.raises(ToolError, match="expression: String should have at most 500 characters"):
        await calculate.call(json.dumps({"expression": "1" * 1_000_000}))
