"""Arithmetic, without `eval`."""

import ast
import operator
from collections.abc import Callable
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from typing import Annotated

from pydantic import Field

from chat.tools.tool import ToolError, tool

DIGITS = 40
# No result has more digits than this, and 9**9**9**9 is an Overflow: the work is limited.
# Ten digits more than are shown, so that 1 / 3 * 3 is 1.
CONTEXT = Context(prec=DIGITS + 10, traps=[DivisionByZero, InvalidOperation, Overflow])

BINARY: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
UNARY: dict[type[ast.unaryop], Callable[[Decimal], Decimal]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
MEANING: dict[type[Exception], str] = {
    DivisionByZero: "This divides by zero.",
    Overflow: "The result is too large.",
    InvalidOperation: "This has no result among the real numbers.",
}


@tool
def calculate(
    expression: Annotated[
        str,
        Field(
            description="Numbers, + - * / % ** and brackets",
            examples=["(2 + 3) * 4"],
            max_length=500,
        ),
    ],
) -> str:
    """Calculate the value of an arithmetic expression, to 40 digits."""
    source = expression.strip()
    try:
        with localcontext(CONTEXT):
            return _shown(_value(ast.parse(source, mode="eval").body, source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ToolError("This is not an arithmetic expression.") from None
    except tuple(MEANING) as error:
        raise ToolError(MEANING[type(error)]) from None


def _value(node: ast.expr, source: str) -> Decimal:
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() as whole):
            return Decimal(whole)
        case ast.Constant(value=float()):
            # All digits as they were written, of which a float has 17.
            return Decimal(ast.get_source_segment(source, node) or "")
        case ast.UnaryOp() if type(node.op) in UNARY:
            return UNARY[type(node.op)](_value(node.operand, source))
        case ast.BinOp() if type(node.op) in BINARY:
            return BINARY[type(node.op)](_value(node.left, source), _value(node.right, source))
    raise ToolError(
        f"{ast.unparse(node)} is not understood: use numbers, + - * / % ** and brackets."
    )


def _shown(value: Decimal) -> str:
    """`value` to DIGITS digits, and without an exponent where they suffice."""
    value = (value + 0).normalize(Context(prec=DIGITS))  # -0 + 0 is 0.
    return f"{value:f}" if abs(value.adjusted()) < DIGITS else str(value)
