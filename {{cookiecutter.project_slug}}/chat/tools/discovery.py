"""Finds the tools, and what is wrong with them.

Tools are in the files of `chat/tools/`, at any depth, and in the module `tools` of other apps.
"""

import importlib
import inspect
import logging
import math
import pkgutil
from collections.abc import Iterator
from inspect import Parameter
from types import ModuleType
from typing import Any

from django.apps import apps
from django.core.checks import Error
from django.utils.module_loading import module_has_submodule

from chat import tools as package
from chat.tools.models import NAME
from chat.tools.tool import Tool

UNNAMED = {Parameter.POSITIONAL_ONLY, Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}

AnyTool = Tool[..., Any]

logger = logging.getLogger(__name__)


def discover() -> tuple[dict[str, AnyTool], list[Error]]:
    """Return the tools that have no fault by their names, and the faults of the others."""
    modules, faults = _modules()
    found: dict[str, AnyTool] = {}
    for tool in _tools(modules):
        if other := found.get(tool.name):
            fault: Error | None = _same_name(tool, other)
        else:
            fault = fault_of(tool)
        if fault:
            faults.append(fault)
        else:
            found[tool.name] = tool
    return found, faults


def _names() -> Iterator[str]:
    """The names of the modules that may hold tools."""
    # `_modules` imports each package before this does, and tells of what it raises.
    walk = pkgutil.walk_packages(package.__path__, "chat.tools.", onerror=lambda name: None)
    yield from (module.name for module in walk)
    for app in apps.get_app_configs():
        if module_has_submodule(app.module, "tools"):
            yield f"{app.name}.tools"


def _modules() -> tuple[list[ModuleType], list[Error]]:
    """Import the modules, and say which cannot be imported. The log has the traceback."""
    modules: list[ModuleType] = []
    faults: list[Error] = []
    for name in _names():
        try:
            modules.append(importlib.import_module(name))
        except Exception as error:
            logger.exception("%s cannot be imported", name)
            faults.append(
                Error(
                    f"The tools of {name} cannot be imported: {type(error).__name__}: {error}",
                    hint="The traceback above says where.",
                    id="chat.E016",
                )
            )
    return modules, faults


def _tools(modules: list[ModuleType]) -> list[AnyTool]:
    """Each tool once, also where one module imports it from another."""
    values = [value for module in modules for value in vars(module).values()]
    return list({id(value): value for value in values if isinstance(value, Tool)}.values())


def fault_of(tool: AnyTool) -> Error | None:
    """Return why a tool cannot be offered to a model; None if it can."""
    if not NAME.fullmatch(tool.name):
        return Error(
            f"The tool {place(tool)} has a name that providers refuse.",
            hint="Use at most 64 letters from a to z, digits and underscores for the function.",
            id="chat.E010",
        )
    if not tool.description:
        return Error(
            f"The tool {place(tool)} has no docstring.",
            hint="Write one: by it the model decides when to call the function.",
            id="chat.E012",
        )
    if not (isinstance(tool.seconds, int | float) and 0 < tool.seconds < math.inf):
        return Error(
            f"The tool {place(tool)} has no time limit: seconds={tool.seconds!r}.",
            hint="Use a number above 0, as in @tool(seconds=5).",
            id="chat.E015",
        )
    return _fault_of_parameters(tool)


def _fault_of_parameters(tool: AnyTool) -> Error | None:
    try:
        parameters = inspect.signature(tool.function).parameters.values()
        unnamed = [each.name for each in parameters if each.kind in UNNAMED]
        untyped = [each.name for each in parameters if each.annotation is each.empty]
        if not unnamed and not untyped and tool.spec:
            return None
    except Exception as error:  # Whatever pydantic or the evaluation of an annotation raises.
        said = str(error).partition("\n")[0]
        return Error(
            f"The tool {place(tool)} has a parameter that has no JSON schema: {said}",
            hint="Use types that pydantic knows, such as str, int, list[str] or a BaseModel.",
            id="chat.E014",
        )
    if unnamed:
        return Error(
            f"The tool {place(tool)} has parameters without a name: {', '.join(unnamed)}.",
            hint="The model names its arguments: leave out *args, **kwargs and /.",
            id="chat.E013",
        )
    return Error(
        f"The tool {place(tool)} has parameters without a type: {', '.join(untyped)}.",
        hint=f"Write it into the signature, as in {untyped[0]}: str",
        id="chat.E013",
    )


def _same_name(tool: AnyTool, other: AnyTool) -> Error:
    return Error(
        f"The tool {place(tool)} has the name of another, {place(other)}.",
        hint="Rename one of the two functions.",
        id="chat.E011",
    )


def place(tool: AnyTool) -> str:
    """Where the function is, as in chat.tools.functions.clock.current_time."""
    return f"{tool.function.__module__}.{tool.function.__qualname__}"
