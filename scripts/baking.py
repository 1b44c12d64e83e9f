"""Bake a project with cookiecutter's command line."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import answers as questions
import virtualenvs

# What the commands of a project write into it, and a person does.
KEPT = (".env", "db.sqlite3", "db.sqlite3-shm", "db.sqlite3-wal")


def bake(
    folder: Path,
    answers: dict[str, str],
    *,
    again: bool = False,
    template: Path = questions.ROOT,
) -> Path:
    """Return the folder of the project that was baked into `folder` with `answers`.

    With `again`, the project may be there: only its .env and its database (KEPT) stay.
    `template` is this template, or a copy of it.
    Raises subprocess.CalledProcessError when cookiecutter fails; `output` holds its messages.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if again:
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            return replace(folder, bake(Path(fresh), answers, template=template))
    command = [str(virtualenvs.baking_python()), "-m", "cookiecutter", str(template)]
    command += ["--no-input", "--default-config", "-o", str(folder)]
    # The hook prints commands for a user who installs the project: shown only after a failure.
    subprocess.run(
        [*command, *(f"{question}={answer}" for question, answer in answers.items())],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    # The slug may be derived from the name: the project is the folder that was written last.
    return max(folder.glob("*/pyproject.toml"), key=lambda path: path.stat().st_mtime_ns).parent


def replace(folder: Path, fresh: Path) -> Path:
    """Move the project `fresh` into `folder`, in place of an older one, whose KEPT files stay."""
    project = folder / fresh.name
    if project.exists():
        for file in filter(Path.exists, (project / name for name in KEPT)):
            file.replace(fresh / file.name)
        shutil.rmtree(project)
    return Path(shutil.move(fresh, project))
