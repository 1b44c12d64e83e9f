"""Makes the handout: a zip file with the project, its wheels, and `start.py`."""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from exercises.handout import wheels
from exercises.handout.systems import SYSTEMS

PROJECT = Path(__file__).resolve().parents[2]
REQUIREMENTS = "requirements-dev.txt"
START = Path(__file__).with_name("start.py")
ABOUT = "handout.json"
# Secrets, data, own work on the exercises, and what tools write. Hidden folders are left out as
# well, but for HIDDEN.
NOT_COPIED = {".env", "__pycache__", "locks", "node_modules", "saved", "staticfiles", "venv"}
HIDDEN = {".github"}
# The wheels of one system and one version of Python have about as many.
MB = 95
README = """\
You need Python {versions}, and no network. In this folder, type:

    python3 start.py

On Windows:

    py start.py

It installs what the folder "{project}" needs into that folder, which takes half a minute or more,
and serves the chat. If another program has the port, choose one: start.py 8001

The course is in {project}/exercises/README.md. For its commands, open a second terminal:

    cd {project}
    source .venv/bin/activate

On Windows:

    cd {project}
    .venv\\Scripts\\activate
"""


class OpenStepError(Exception):
    """A step of the course is open here, so that functions of the project are empty."""


def make(folder: Path, pythons: list[str], systems: list[str]) -> Path:
    """Write the zip file into `folder`, and return its path.

    Raises `MissingWheelsError` if a system lacks a wheel, `OpenStepError` and `PipError`; then
    nothing is written, and a handout that was there stays.
    """
    if (PROJECT / "exercises" / "saved" / "originals").exists():
        raise OpenStepError("A step is open. First: python manage.py exercise reset")
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{PROJECT.name}-handout.zip"
    count = len(systems) * len(pythons)
    print(f"This needs a network, and some minutes: up to {count * MB} MB of wheels.", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for python in pythons:
            missing = {}
            for name in systems:
                print(f"Fetching those for {SYSTEMS[name].title}, Python {python} ...", flush=True)
                lacking = wheels.fetch(PROJECT / REQUIREMENTS, name, python, Path(scratch))
                if lacking:
                    missing[name] = lacking
            if missing:
                raise wheels.MissingWheelsError(wheels.missing_text(missing, python))
        write(target, Path(scratch), {"pythons": pythons, "systems": systems})
    print(f"{target} has {target.stat().st_size / 1e6:.0f} MB")
    return target


def write(target: Path, folder_of_wheels: Path, about: dict[str, list[str]]) -> None:
    """Write the zip file, which holds a single folder. It has its name only when it is whole."""
    unfinished = target.with_name(f"{target.stem}.unfinished.zip")
    try:
        _write(unfinished, Path(target.stem), folder_of_wheels, about)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _write(file: Path, root: Path, folder_of_wheels: Path, about: dict[str, list[str]]) -> None:
    versions = " or ".join(about["pythons"])
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(START, root / START.name)
        text = README.format(versions=versions, project=PROJECT.name)
        archive.writestr(str(root / "README.txt"), text)
        archive.writestr(str(root / ABOUT), json.dumps({**about, "project": PROJECT.name}))
        for path in files(PROJECT):
            archive.write(path, root / PROJECT.name / path.relative_to(PROJECT))
        for wheel in sorted(folder_of_wheels.iterdir()):
            # A wheel is compressed already.
            archive.write(wheel, root / "wheels" / wheel.name, zipfile.ZIP_STORED)


def files(folder: Path) -> Iterator[Path]:
    """Each file of the project, without secrets, data and what tools write."""
    for path in sorted(folder.iterdir()):
        if path.name in NOT_COPIED or ".sqlite3" in path.name or path.suffix in (".pyc", ".zip"):
            continue
        if path.is_dir():
            if not path.name.startswith(".") or path.name in HIDDEN:
                yield from files(path)
        elif not path.name.startswith(".env.") or path.name == ".env.example":
            yield path
