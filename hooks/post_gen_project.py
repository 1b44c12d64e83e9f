"""Write the new project's .env, remove what was not chosen, and print the commands to type next.

cookiecutter renders this file and runs it alone in the new folder, so it uses only the standard
library. It runs again at every `cruft update`, so it never changes an existing .env.
"""

import json
import os
import runpy
import shutil
import sys
from pathlib import Path

# Parsed as JSON, so that an answer with quotes or backslashes cannot become code.
ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")


def next_commands(slug: str, windows: bool) -> str:
    """Return the commands that start the chat, in ASCII for any terminal."""
    create = "py -m venv .venv" if windows else "python3 -m venv .venv"
    python = r".venv\Scripts\python" if windows else ".venv/bin/python"
    return f"""
{slug} is ready. To see the chat at http://127.0.0.1:8000/ with uv:

    cd {slug}
    uv run python manage.py dev

or with pip, on Python 3.11 to 3.14:

    cd {slug}
    {create}
    {python} -m pip install --no-deps -r requirements-dev.txt
    {python} manage.py dev

It needs no key: without one, a model that is built into the project answers.
To use your own key, write it in {slug}{os.sep}.env
"""


def say(text: str) -> None:
    """Print `text` where anybody reads it. cookiecutter would delete the project after an error."""
    try:
        print(text, flush=True)
    except OSError:
        # Standard output is closed or full. What Python still holds for it would fail again at the
        # end of the program.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    """Write .env unless there is one, remove the exercises, and print what to type next."""
    # The project's own code, which `manage.py dev` uses in a fresh clone.
    create = runpy.run_path("config/new_env.py")["create"]
    create(Path.cwd(), ANSWERS["_sdk"][ANSWERS["provider_sdk"]]["key"])
    # cookiecutter can leave out a file by its name, but writes those of a folder without one.
    if ANSWERS["exercises"] == "no" and Path("exercises").exists():
        shutil.rmtree("exercises")
    say(next_commands(ANSWERS["project_slug"], windows=os.name == "nt"))


if __name__ == "__main__":
    main()
