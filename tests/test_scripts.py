"""The two commands of the README: what they take, and that the first one serves the chat."""

import ast
import importlib.util
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import answers as questions
import browser
import pytest
import virtualenvs
from ports import free_port
from serving import get_when_up

# What a console or a service manager sends; on Windows only the first can be sent by a test.
if sys.platform == "win32":
    ENDS, NEW_GROUP = [signal.CTRL_BREAK_EVENT], subprocess.CREATE_NEW_PROCESS_GROUP
else:
    ENDS, NEW_GROUP = [signal.SIGINT, signal.SIGTERM], 0

TRY = questions.ROOT / "scripts" / "try.py"
SCREENSHOTS = questions.ROOT / "maintenance" / "screenshots.py"


@pytest.fixture
def try_script() -> ModuleType:
    """The module scripts/try.py, whose name no import statement can hold."""
    spec = importlib.util.spec_from_file_location("try_script", TRY)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("addrport", "url"),
    [
        ("", "http://127.0.0.1:8000/"),
        ("8001", "http://127.0.0.1:8001/"),
        ("0:8001", "http://127.0.0.1:8001/"),
        ("0.0.0.0:8001", "http://127.0.0.1:8001/"),
        ("localhost:9000", "http://localhost:9000/"),
        ("[::1]:9000", "http://[::1]:9000/"),
        ("[::]:9000", "http://[::1]:9000/"),
    ],
)
def test_the_browser_opens_the_address_that_is_served(
    try_script: ModuleType, addrport: str, url: str
) -> None:
    assert try_script.url(addrport) == url


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["provder=openai"], "provder is not a question; they are: project_name, project_slug"),
        (["thread"], "thread is neither question=answer nor an address such as 8001"),
        (["cancellation=fiber"], "cancellation has no answer 'fiber'; it has: async, thread."),
        (["8000", "8001"], "one address, not 2: 8000 8001"),
    ],
)
def test_a_wrong_argument_is_refused(arguments: list[str], sentence: str) -> None:
    run = subprocess.run([sys.executable, TRY, *arguments], capture_output=True, encoding="utf-8")

    assert run.returncode == 2
    assert sentence in run.stderr


def test_screenshots_refuse_an_unknown_styling() -> None:
    command = [sys.executable, str(SCREENSHOTS), "fancy"]
    run = subprocess.run(command, capture_output=True, encoding="utf-8")

    assert run.returncode == 2
    assert "no such styling: fancy; there are: plain, bootstrap, tailwind" in run.stderr


@pytest.mark.xdist_group("scratch/try")
def test_screenshots_show_a_state_in_each_size_and_scheme() -> None:
    folder = virtualenvs.SCRATCH / "screenshots"
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, str(SCREENSHOTS), "plain", "--only", "waiting"]
    subprocess.run(command, check=True)

    shots = {shot.name for shot in (folder / "plain").iterdir()}
    sizes = ("desktop", "phone", "small-phone", "zoomed")
    assert shots == {
        f"waiting-{size}-{scheme}.png" for size in sizes for scheme in ("light", "dark")
    }
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert all(f'src="plain/{shot}"' in index for shot in shots)


@pytest.mark.xdist_group("scratch/try")
@pytest.mark.parametrize("end", ENDS)
def test_the_first_command_serves_the_chat_until_it_is_ended(
    end: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever tries the chat pays nothing.
    monkeypatch.setenv("OPENAI_API_KEY", "a key")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/")
    # A database of an earlier run may be of models that have changed since.
    name = questions.name(questions.COMBINATIONS[0])
    shutil.rmtree(virtualenvs.SCRATCH / "try" / name / "tried-true", ignore_errors=True)
    port = free_port()
    command = [sys.executable, str(TRY), "--no-browser", str(port), "project_name=Tried & true"]

    with subprocess.Popen(command, creationflags=NEW_GROUP) as server:
        try:
            page = get_when_up(f"http://127.0.0.1:{port}/", server)
        finally:
            server.send_signal(end)

    assert "Tried &amp; true" in page
    assert "built-in model" in page
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) != 0, "the server outlived the command"


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 15, 0)])
def test_another_python_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], version: tuple[int, ...]
) -> None:
    monkeypatch.setattr(sys, "version_info", version)

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(questions.ROOT / "scripts" / "supported_python.py"))

    assert ended.value.code == 2
    assert f" is 3.{version[1]}. Run it with one of those" in capsys.readouterr().err


def test_a_project_looks_for_the_same_browsers() -> None:
    file = questions.ROOT / "{{cookiecutter.project_slug}}" / "tests" / "browser" / "launching.py"
    (named,) = re.findall(r"^COMMANDS = (\(.*?^\))", file.read_text(encoding="utf-8"), re.M | re.S)

    assert ast.literal_eval(named) == browser.COMMANDS


def test_a_browser_that_is_named_must_exist(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))

    with pytest.raises(FileNotFoundError, match=r"CHROMIUM is .*none, and there is no such file"):
        browser.find()
