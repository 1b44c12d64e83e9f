"""Write the new project's .env, and print the commands to type next.

cookiecutter renders this file and runs it alone in the new folder, so it uses only the standard
library. It runs again at every `cruft update`, so it never changes an existing .env.
"""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

# Parsed as JSON, so that an answer with quotes or backslashes cannot become code.
ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")


def dotenv(example: str, secret_key: str, key_variable: str, environ: Mapping[str, str]) -> str:
    """Return the text of .env: `example` with the secret filled in.

    `key_variable` is the variable of the SDK's key, such as OPENAI_API_KEY. If `environ` sets it,
    its line becomes a comment. The key is never copied, so that it is in one place. Raises
    `ValueError` if `example` lacks one of these lines.
    """
    lines = {"DJANGO_SECRET_KEY=": f"DJANGO_SECRET_KEY={secret_key}"}
    if environ.get(key_variable, "").strip():
        lines[f"{key_variable}="] = f"# {key_variable} was found in the environment: left there."
    missing = lines.keys() - set(example.splitlines())
    if missing:
        raise ValueError(f".env.example lacks the line {', '.join(sorted(missing))}")
    return "".join(lines.get(line, line) + "\n" for line in example.splitlines())


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner can read, on systems that have such permissions."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8", newline="\n")


def next_commands(slug: str, windows: bool) -> str:
    """Return the commands that start the chat, in ASCII for any terminal."""
    create = "py -m venv .venv" if windows else "python3 -m venv .venv"
    python = r".venv\Scripts\python" if windows else ".venv/bin/python"
    return f"""
{slug} is ready. To see the chat at http://127.0.0.1:8000/ with uv:

    cd {slug}
    uv run python manage.py dev

or with pip, on Python 3.11 to 3.13:

    cd {slug}
    {create}
    {python} -m pip install -r requirements-dev.txt
    {python} manage.py dev

It needs no key: without one, a model that is built into the project answers.
To use your own key, write it in {slug}{os.sep}.env
"""


def main() -> None:
    """Write .env unless there is one, and print what to type next."""
    if not Path(".env").exists():
        key_variable = ANSWERS["_sdk"][ANSWERS["provider_sdk"]]["key"]
        example = Path(".env.example").read_text(encoding="utf-8")
        text = dotenv(example, secrets.token_urlsafe(50), key_variable, os.environ)
        write_private(Path(".env"), text)
    print(next_commands(ANSWERS["project_slug"], windows=os.name == "nt"))


if __name__ == "__main__":
    main()
