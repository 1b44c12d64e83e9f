"""Bake a project into scratch/, install it, and serve its chat with the built-in model.

    python3 scripts/try.py
    python3 scripts/try.py cancellation=thread 8001 --no-browser

A second run is quick. It keeps the project's .env and database, and bakes all other files again.
"""

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
import webbrowser
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

import answers as questions
import baking
import virtualenvs

ADDRPORT = re.compile(r"(\S+:)?[0-9]+")


def main() -> int:
    """Return the exit code of the server, or of the step before it that failed."""
    parser = argparse.ArgumentParser(
        description="Bake a project into scratch/ and serve its chat at http://127.0.0.1:8000/"
    )
    parser.add_argument(
        "arguments",
        nargs="*",
        metavar="question=answer | addrport",
        help="answers to the questions of cookiecutter.json, and an address as runserver takes it",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")
    options = parser.parse_intermixed_args()
    answers = dict(text.split("=", 1) for text in options.arguments if "=" in text)
    addresses = [text for text in options.arguments if "=" not in text]
    if len(addresses) > 1:
        parser.error(f"one address, not {len(addresses)}: {' '.join(addresses)}")
    if addresses and not ADDRPORT.fullmatch(addresses[0]):
        parser.error(
            f"{addresses[0]} is neither question=answer nor an address such as 8001 or 0.0.0.0:8001"
        )
    try:
        questions.check(answers)
    except ValueError as error:
        parser.error(str(error))

    combination = questions.combination(answers)
    folder = virtualenvs.SCRATCH / "try" / questions.name(combination)
    try:
        project = baking.bake(folder, answers, again=True)
        python = virtualenvs.serving_python(project, combination["provider_sdk"])
    except subprocess.CalledProcessError as error:
        print(error.output or "", end="", file=sys.stderr)
        return error.returncode
    print(f"The project is in {project}", flush=True)
    page = None if options.no_browser else url(addresses[0] if addresses else "")
    command = [str(python), "manage.py", "dev", *addresses]
    return serve(command, project, keyless(combination["provider_sdk"]), page)


def url(addrport: str) -> str:
    """Return the address of the page for `addrport`, in runserver's syntax or empty."""
    host, _, port = addrport.rpartition(":")
    host = {"": "127.0.0.1", "0": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(
        host, host
    )
    return f"http://{host}:{port or 8000}/"


def keyless(provider_sdk: str) -> dict[str, str]:
    """Return the environment without the SDK's key and URL, so that a trial costs nothing."""
    sdk = questions.CONTEXT["_sdk"][provider_sdk]
    vendor = (sdk["key"], sdk["base_url"])
    return {name: value for name, value in os.environ.items() if name not in vendor}


def serve(command: list[str], project: Path, environ: dict[str, str], page: str | None) -> int:
    """Run the server until it ends, open `page` once it answers, and return its exit code."""
    with subprocess.Popen(command, cwd=project, env=environ) as server:
        # Ending this program ends the server.
        for end in (signal.SIGINT, signal.SIGTERM):
            signal.signal(end, lambda *_: server.terminate())
        if page:
            threading.Thread(target=open_when_up, args=(page, server), daemon=True).start()
        code = server.wait()
    # Popen reports signal N as -N; shells report it as 128 + N.
    return code if code >= 0 else 128 - code


def open_when_up(page: str, server: subprocess.Popen[bytes]) -> None:
    """Open `page` in the browser as soon as its health check answers, unless the server ends."""
    while server.poll() is None:
        try:
            urllib.request.urlopen(f"{page}healthz", timeout=5).close()
        except HTTPError:
            pass  # The server answers, and its page shows what is wrong.
        except (OSError, HTTPException):
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(timeout=0.2)
            continue
        webbrowser.open(page)
        return


if __name__ == "__main__":
    sys.exit(main())
