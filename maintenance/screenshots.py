"""Take a screenshot of the page in each state, styling, size and colour scheme, to look at.

    python3 maintenance/screenshots.py
    python3 maintenance/screenshots.py plain --only streaming failed

Writes scratch/screenshots/, with an index.html that shows them all.
"""

import argparse
import html
import subprocess
import sys
import tempfile
from pathlib import Path

import _scripts  # noqa: F401
import answers as questions
import browser
import virtualenvs

FOLDER = virtualenvs.SCRATCH / "screenshots"
STYLINGS = questions.CHOICES["styling"]
SHOOT = Path(__file__).with_name("shoot.py")
STYLE = """
body { margin: 1rem; font: 1rem/1.5 sans-serif; background: #888; }
section { display: flex; gap: 1rem; align-items: start; overflow-x: auto; }
figure { margin: 0; }
img { display: block; height: 30rem; }
"""


def main() -> int:
    """Return the exit code of the first styling whose screenshots failed, or 0."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("stylings", nargs="*", metavar="styling", help=", ".join(STYLINGS))
    parser.add_argument("--only", nargs="+", metavar="state", default=[])
    options = parser.parse_args()
    chosen = options.stylings or STYLINGS
    if unknown := set(chosen) - set(STYLINGS):
        parser.error(
            f"no such styling: {', '.join(sorted(unknown))}; there are: {', '.join(STYLINGS)}"
        )
    for styling in chosen:
        try:
            code = shoot(styling, options.only)
        except subprocess.CalledProcessError as error:
            return error.returncode
        except FileNotFoundError as error:  # what CHROMIUM names
            print(error, file=sys.stderr)
            return 1
        if code:
            return code
    index()
    print(f"Look at {FOLDER / 'index.html'}")
    return 0


def shoot(styling: str, states: list[str]) -> int:
    """Bake a project and let its own Python take the screenshots; return the exit code.

    Raises subprocess.CalledProcessError when cookiecutter or pip fails, after their own message.
    """
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        command = [str(virtualenvs.template_python()), "-m", "cookiecutter", str(questions.ROOT)]
        command += ["--no-input", "--default-config", "-o", folder]
        command += ["project_slug=chat-project", f"styling={styling}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        project = Path(folder) / "chat-project"
        python = virtualenvs.project_python(project, questions.combination({})["provider_sdk"])
        if not browser.find():
            subprocess.run([python, "-m", "playwright", "install", "chromium"], check=True)
        shots = [str(python), str(SHOOT), str(FOLDER / styling), *states]
        return subprocess.run(shots, cwd=project).returncode


def index() -> None:
    """Write the page that shows all screenshots, a row for each state and size."""
    rows: dict[str, list[Path]] = {}
    for shot in sorted(FOLDER.glob("*/*.png")):
        rows.setdefault(shot.stem.rpartition("-")[0], []).append(shot.relative_to(FOLDER))
    sections = [
        f"<h2>{html.escape(name)}</h2><section>"
        + "".join(
            f'<figure><a href="{shot.as_posix()}"><img src="{shot.as_posix()}" alt="" '
            f'loading="lazy"></a>{shot.parent} {shot.stem.rpartition("-")[2]}</figure>'
            for shot in shots
        )
        + "</section>"
        for name, shots in rows.items()
    ]
    page = f"<!doctype html><meta charset=utf-8><title>Screenshots</title><style>{STYLE}</style>"
    (FOLDER / "index.html").write_text(page + "\n".join(sections), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
