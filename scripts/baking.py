"""Bake a project with cookiecutter's own command, as a person does."""

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

    With `overwrite` its files are baked anew where it exists, but for its .env and its database.
    `template` is this template, or a copy of it.
    Raises subprocess.CalledProcessError when cookiecutter refuses, with what it said as `output`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(virtualenvs.template_python()), "-m", "cookiecutter", str(template)]
    command += ["--no-input", "--default-config", "-o", str(folder)]
    command += ["--overwrite-if-exists"] if overwrite else []
    # What the template prints is for a project that the user installs: kept unless it fails.
    subprocess.run(
        [*command, *(f"{question}={answer}" for question, answer in answers.items())],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    # The slug may have been derived; each bake writes this file, so the newest one is it.
    return max(folder.glob("*/pyproject.toml"), key=lambda path: path.stat().st_mtime_ns).parent
