"""A tool is found by its file alone, and `manage.py check` tells what is wrong with it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import AppConfig, apps
from django.conf import settings as django_settings
from pytest_django import Settings

from chat import tools as package
from chat.tools import checks, discovery, registry
from chat.tools.tool import Tool, tool
from tests.tools.offering import offer

HELLO = '''
from chat.tools.tool import tool

@tool
def hello() -> str:
    """Greet."""
    return "Hello"
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose files are in `chat/tools/` too."""
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_the_tools_of_the_project_are_found_and_sorted() -> None:
    names = [spec.name for spec in registry.specs()]
    assert names == sorted(names)
    assert {"calculate", "current_time", "wait"} <= set(names)
    assert checks.check_tools() == []
    found = registry.find("calculate")
    assert found and found.name == "calculate"
    assert registry.find("no_such_tool") is None


@pytest.mark.parametrize("place", ["hello_tool.py", "deeper/hello_tool.py"])
def test_one_file_is_enough(folder: Path, place: str) -> None:
    file = folder / place
    file.parent.mkdir(exist_ok=True)
    (file.parent / "__init__.py").touch()
    file.write_text(HELLO)
    tools, faults = discovery.discover()
    assert tools["hello"].function() == "Hello"
    assert faults == []


def test_another_app_has_its_tools_in_a_module_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop_of_a_test").mkdir()
    (tmp_path / "shop_of_a_test" / "__init__.py").touch()
    (tmp_path / "shop_of_a_test" / "tools.py").write_text(HELLO)
    monkeypatch.syspath_prepend(tmp_path)
    configs = [*apps.get_app_configs(), AppConfig.create("shop_of_a_test")]
    monkeypatch.setattr(apps, "get_app_configs", lambda: configs)
    assert discovery.discover()[0]["hello"].function.__module__ == "shop_of_a_test.tools"


def test_a_tool_that_another_file_imports_is_one_tool(folder: Path) -> None:
    (folder / "more.py").write_text("from chat.tools.functions.clock import current_time as now")
    assert discovery.discover()[1] == []


def test_of_two_tools_with_a_name_the_second_is_a_fault(folder: Path) -> None:
    for name in ("hello_one.py", "hello_two.py"):
        (folder / name).write_text(HELLO)
    (fault,) = checks.check_tools()
    assert (fault.id, fault.is_serious()) == ("chat.E011", True)
    assert "chat.tools.hello_one.hello" in fault.msg and "chat.tools.hello_two.hello" in fault.msg


@pytest.mark.parametrize("place", ["broken_tool.py", "broken_tool/__init__.py"])
def test_a_file_that_cannot_be_imported_is_told(
    folder: Path, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).write_text("1 / 0")
    (fault,) = checks.check_tools()
    assert fault.id == "chat.E016"
    assert "chat.tools.broken_tool" in fault.msg and "ZeroDivisionError" in fault.msg
    assert "Traceback" in caplog.text
    assert "calculate" in discovery.discover()[0]


def größe() -> str:
    """Its name has a letter that providers refuse."""
    return ""


def silent() -> str:
    return ""


def untyped(first: int, second, third=None) -> str:  # type: ignore[no-untyped-def]
    """It has parameters without a type."""
    return ""


def many(*words: str) -> str:
    """Its parameters have no names."""
    return ""


def anything(**words: str) -> str:
    """Its parameters have no names."""
    return ""


def positional(word: str, /) -> str:
    """Its parameter has no name."""
    return word


def opaque(thread: type[Callable[[], None]], callback: Callable[[], None]) -> str:
    """JSON has no such type."""
    return ""


def strange(value: Path | Iterator[Settings]) -> str:
    """pydantic has no such type."""
    return ""


def unknown(value: "Nothing") -> str:  # type: ignore[name-defined]  # noqa: F821
    """Nobody has such a type."""
    return ""


@pytest.mark.parametrize(
    ("function", "id", "said"),
    [
        (größe, "chat.E010", "größe"),
        (silent, "chat.E012", "docstring"),
        (untyped, "chat.E013", "second, third"),
        (many, "chat.E013", "without a name: words"),
        (anything, "chat.E013", "without a name: words"),
        (positional, "chat.E013", "without a name: word"),
        (opaque, "chat.E014", "no JSON schema: "),
        (strange, "chat.E014", "Settings"),
        (unknown, "chat.E014", "Nothing"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_a_model_could_not_call_is_an_error(
    function: Callable[..., str], id: str, said: str
) -> None:
    fault = discovery.fault_of(Tool(function))
    assert fault and (fault.id, fault.is_serious()) == (id, True)
    assert said in fault.msg and "\n" not in fault.msg
    assert f"tests.tools.test_registry.{function.__name__}" in fault.msg
    assert fault.hint


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), "5", None])
def test_every_tool_has_a_time_limit(seconds: Any) -> None:
    fault = discovery.fault_of(tool(seconds=seconds)(positional))
    assert fault and fault.id == "chat.E015"


@pytest.mark.parametrize("decorators", ["@tool", "@staticmethod\n    @tool"])
def test_a_tool_in_a_class_is_told(folder: Path, decorators: str) -> None:
    (folder / "shop_tool.py").write_text(
        f"""
from chat.tools.tool import tool

class Shop:
    {decorators}
    def buy(what: str) -> str:
        return what
"""
    )
    (fault,) = checks.check_tools()
    assert fault.id == "chat.E016"
    assert "@tool: move Shop.buy out of its class" in fault.msg


def test_a_fault_keeps_a_tool_from_the_model(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "silent_tool.py").write_text(HELLO.replace('"""Greet."""', ""))
    tools: dict[str, Any] = registry.installed.__wrapped__()
    assert "hello" not in tools and "calculate" in tools
    assert "has no docstring. It is not offered to the model." in caplog.text


def test_without_rounds_there_are_no_tools(settings: Settings) -> None:
    settings.CHAT_TOOL_ROUNDS = 0
    assert registry.specs() == ()
    assert registry.find("calculate") is None
    assert checks.check_tools() == []


def test_without_rounds_nothing_of_tools_is_imported() -> None:
    code = (
        "import django, sys; django.setup(); from chat.tools import checks, registry; "
        "assert registry.specs() == () and checks.check_tools() == []; "
        "print(*[name for name in sys.modules if name.startswith(('pydantic', 'chat.tools.'))])"
    )
    variables = {"CHAT_TOOL_ROUNDS": "0", "DJANGO_DEBUG": "true", "DJANGO_ENV_FILE": os.devnull}
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, **variables, "DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    loaded = {"chat.tools.checks", "chat.tools.models", "chat.tools.registry"}
    assert set(run.stdout.splitlines()[-1].split()) == loaded


def test_a_test_may_offer_other_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, Tool(positional))
    assert registry.find("positional") and not registry.find("calculate")
