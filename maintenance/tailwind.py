"""Build the stylesheet of the tailwind styling again, after a change of its sources. Needs Node.

    .venv/bin/python maintenance/tailwind.py

Writes templates/styling/tailwind/chat.css and, beside it, what it was built from.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import _scripts  # noqa: F401
from answers import ROOT
from cookiecutter.main import cookiecutter

STATIC = ROOT / "{{cookiecutter.project_slug}}" / "chat" / "static" / "chat"
PART = ROOT / "templates" / "styling" / "tailwind"
SOURCES = [
    PART / "package.json",
    PART / "tailwind.css",
    STATIC / "layout.css",
    STATIC / "controls.css",
    STATIC / "messages.css",
    STATIC / "code.css",
    STATIC / "conversations.css",
]
BUILT = PART / "chat.css"
BUILT_FROM = PART / "built-from.sha256"


def digest() -> str:
    """Return what the sources of the stylesheet are now, as a line of text."""
    text = "".join(source.read_text(encoding="utf-8") for source in SOURCES)
    return hashlib.sha256(text.encode()).hexdigest() + "\n"


def npm() -> str:
    """Return the path of npm, or exit with a sentence."""
    path = shutil.which("npm")
    if path is None:
        sys.exit("npm was not found: install Node.")
    return path


def main() -> None:
    """Build it as the owner of a project does, by its package.json."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(
            cookiecutter(
                str(ROOT),
                no_input=True,
                extra_context={"styling": "tailwind"},
                output_dir=folder,
                default_config=True,
                accept_hooks=False,
            )
        )
        subprocess.run([npm(), "run", "css"], cwd=project, check=True)
        css = (project / "chat" / "static" / "chat" / "chat.css").read_text(encoding="utf-8")
    BUILT.write_text(css.rstrip() + "\n", encoding="utf-8", newline="\n")
    BUILT_FROM.write_text(digest(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:  # It has said why.
        sys.exit(error.returncode)
