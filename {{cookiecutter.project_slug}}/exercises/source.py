"""Finds a function in a source text by its qualified name, empties it, and puts another one there.

Names are looked up in the syntax tree. All other lines keep every byte, line ends included.
"""

import ast
import io

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


class SourceError(Exception):
    """The text cannot be parsed, or the name is not in it. Its text is a sentence."""


def check(text: str, name: str) -> None:
    """Raise SourceError unless `text` can be parsed and defines `name`."""
    _find(text, name)


def empty(text: str, name: str) -> str:
    """`text` in which `name` consists of its docstring and `raise NotImplementedError`.

    Of a class, each method is emptied. Raises SourceError.
    """
    lines = _lines(text)
    # From the last to the first: what is above keeps its line numbers.
    for function in reversed(_functions(_find(text, name))):
        first = function.body[0]
        if lines[first.lineno - 1].encode()[: first.col_offset].strip():
            raise SourceError(f"{name} has its first statement on the line of its `def`.")
        has_docstring = ast.get_docstring(function, clean=False) is not None
        start = first.end_lineno if has_docstring else first.lineno - 1
        newline = "\r\n" if lines[function.lineno - 1].endswith("\r\n") else "\n"
        body = f"{' ' * first.col_offset}raise NotImplementedError{newline}"
        lines[start : function.end_lineno] = [body]
    return "".join(lines)


def is_emptied(text: str, name: str) -> bool:
    """Whether a function of `name` is as `empty` has left it. Raises SourceError."""
    return any(
        isinstance(last := function.body[-1], ast.Raise)
        and isinstance(last.exc, ast.Name)
        and last.exc.id == "NotImplementedError"
        for function in _functions(_find(text, name))
    )


def definition(text: str, name: str) -> str:
    """The lines of the definition of `name`. Raises SourceError."""
    start, end = _span(_find(text, name))
    return "".join(_lines(text)[start:end])


def line(text: str, name: str) -> int:
    """The number of the line that begins the definition of `name`. Raises SourceError."""
    return _find(text, name).lineno


def replace(text: str, name: str, original: str) -> str:
    """`text` with the definition of `name` that `original` has. Raises SourceError."""
    start, end = _span(_find(text, name))
    lines = _lines(text)
    lines[start:end] = [definition(original, name)]
    return "".join(lines)


def _lines(text: str) -> list[str]:
    """The lines as the parser counts them: `str.splitlines` knows line ends that it does not."""
    return io.StringIO(text, newline="").readlines()


def _find(text: str, name: str) -> Definition:
    try:
        scope: ast.AST = ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        raise SourceError(f"line {error.lineno} is not valid Python: {error.msg}.") from error
    except ValueError as error:
        raise SourceError(f"it is not valid Python: {error}.") from error
    for part in name.split("."):
        found = [
            node
            for node in ast.iter_child_nodes(scope)
            if isinstance(node, Definition) and node.name == part
        ]
        if not found:
            raise SourceError(f"it has no `{name}`.")
        scope = found[-1]
    assert isinstance(scope, Definition)
    return scope


def _functions(found: Definition) -> list[Function]:
    """The function itself, or the methods of a class."""
    if isinstance(found, ast.ClassDef):
        return [node for node in found.body if isinstance(node, Function)]
    return [found]


def _span(found: Definition) -> tuple[int, int]:
    """The lines of a definition, its decorators included, as the bounds of a slice."""
    first = min(node.lineno for node in [found, *found.decorator_list])
    return first - 1, found.end_lineno or first
