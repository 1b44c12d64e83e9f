"""Bake a project with cookiecutter's command line."""

import subprocess
from pathlib import Path

import answers as questions
import virtualenvs


def bake(
    folder: Path,
    answers: dict[str, str],
    *,
    overwrite: bool = False,
    template: Path = questions.ROOT,
) -> Path:
    """Return the folder of the project that was baked into `folder` with `answers`.

    With `overwrite` an existing project is baked again; its .env and its database stay.
    `template` is this template, or a copy of it.
    Raises subprocess.CalledProcessError when cookiecutter fails; `output` holds its messages.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(virtualenvs.template_python()), "-m", "cookiecutter", str(template)]
    command += ["--no-input", "--default-config", "-o", str(folder)]
    command += ["--overwrite-if-exists"] if overwrite else []
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
