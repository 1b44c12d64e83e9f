"""Tries a handout without a network: pip for each system, and a start in an empty folder here."""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

from exercises.handout import wheels
from exercises.handout.making import ABOUT, REQUIREMENTS
from exercises.handout.systems import SYSTEMS

FIRST_TOKEN = Path(__file__).with_name("first_token.py")
# Quick tests of the project, which show that a class can run them.
TESTS = ("-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "tests/fake_model")
MOST_SECONDS = 600
# Nothing listens on the port 9 of this machine: whoever asks the network is refused at once.
NOWHERE = "http://127.0.0.1:9"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


class NotWorkingError(Exception):
    """The handout does not work here. Its text says what failed, with the output."""


def check(file: Path) -> None:
    """Print what was tried, and how long it took.

    Raises `NotWorkingError`, `MissingWheelsError` or `PipError`.
    """
    with tempfile.TemporaryDirectory() as scratch:
        began = time.monotonic()
        folder = unpack(file, Path(scratch))
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        requirements = folder / about["project"] / REQUIREMENTS
        unpacked = time.monotonic() - began
        for python in about["pythons"]:
            for name in about["systems"]:
                count = wheels.resolve(requirements, name, python, folder / "wheels")
                print(f"{SYSTEMS[name].title}, Python {python}: {count} wheels", flush=True)
        start(folder, about["project"], unpacked)


def unpack(file: Path, folder: Path) -> Path:
    """Unpack a handout; return its folder. Raises `NotWorkingError` if it is none."""
    try:
        with zipfile.ZipFile(file) as archive:
            archive.extractall(folder)
    except (OSError, zipfile.BadZipFile) as error:
        raise NotWorkingError(f"{file} is no handout: {error}") from None
    found = list(folder.glob(f"*/{ABOUT}"))
    if not found:
        raise NotWorkingError(f"{file} is no handout: it has no {ABOUT}")
    return found[0].parent


def start(folder: Path, project: str, unpacked: float) -> None:
    """Run `start.py` as a person does, up to the first streamed text; then some tests."""
    environ = without_network(folder / project)
    installed = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    python = folder / project / ".venv" / installed
    began = time.monotonic()
    command = [sys.executable, "start.py", "0"]
    server = subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    timer = threading.Timer(MOST_SECONDS, end, [server])
    timer.start()
    try:
        url = address(server)
        run(python, environ, str(FIRST_TOKEN), url, cwd=folder)
        seconds = unpacked + time.monotonic() - began
        print(f"Here, without a network: the first text {seconds:.0f} s after unpacking began")
    finally:
        timer.cancel()
        end(server)
    run(python, environ, *TESTS, cwd=folder / project)
    print("Here, without a network: its tests of the built-in model pass")


def end(server: "subprocess.Popen[str]") -> None:
    """End `start.py` with the server that it has started."""
    if sys.platform == "win32":
        # There, ending a process does not end those that it has started.
        subprocess.call(["taskkill", "/F", "/T", "/PID", str(server.pid)])
    else:
        server.terminate()
    server.wait()


def without_network(project: Path) -> dict[str, str]:
    """The environment of a machine whose network is off, and that has no settings of the chat."""
    example = (project / ".env.example").read_text(encoding="utf-8")
    dropped = {*re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE), "DJANGO_ENV_FILE"}
    environ = {name: value for name, value in os.environ.items() if name not in dropped}
    environ |= dict.fromkeys(PROXIES, NOWHERE)
    return environ | {"NO_PROXY": "127.0.0.1", "PIP_NO_INDEX": "1"}


def address(server: "subprocess.Popen[str]") -> str:
    """Wait until the server prints its address. Raises `NotWorkingError` if it ends before."""
    said = ""
    assert server.stdout is not None
    for line in server.stdout:
        said += line
        if found := re.search(r"The chat is at (\S+)", line):
            return found[1]
    raise NotWorkingError(f"start.py ended before it served the chat. It said:\n{said}")


def run(python: Path, environ: dict[str, str], *arguments: str, cwd: Path) -> None:
    """Run the handout's Python. Raises `NotWorkingError` with its output unless it succeeds."""
    try:
        done = subprocess.run(
            [python, *arguments],
            cwd=cwd,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=MOST_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise NotWorkingError(str(error)) from None
    if done.returncode:
        raise NotWorkingError(f"{' '.join(arguments)} failed. It said:\n{done.stdout}")
