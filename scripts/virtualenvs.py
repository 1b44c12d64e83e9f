"""Create virtual environments, and create them again when their requirements change."""

import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from answers import ROOT

# maintenance/faults.py lets copies of the template share the environments of the template itself.
SCRATCH = Path(os.environ.get("TEMPLATE_SCRATCH") or ROOT / "scratch")
LONGEST_WAIT = 3600  # Seconds that another process may take to install.


def baking_python() -> Path:
    """Return the Python that has cookiecutter, and uv, which installs everything else."""
    return prepare(SCRATCH / "venv" / "baking", [ROOT / "requirements-baking.txt"], use_pip)


def template_python() -> Path:
    """Return the Python that has cookiecutter and the tools of the template's own tests."""
    return prepare(ROOT / ".venv", [ROOT / "requirements.txt"])


def serving_python(project: Path, provider_sdk: str) -> Path:
    """Return a Python that can serve the baked `project`.

    Projects of one provider SDK have the same requirements, so they share one environment.
    """
    return prepare(SCRATCH / "venv" / f"{provider_sdk}-serving", [project / "requirements.txt"])


def project_python(project: Path, provider_sdk: str) -> Path:
    """Return a Python that can serve and test the baked `project`; shared in the same way."""
    names = ("requirements.txt", "requirements-server.txt", "requirements-dev.txt")
    requirements = [project / name for name in names]
    return prepare(SCRATCH / "venv" / provider_sdk, requirements)


def use_uv(folder: Path, requirements: list[Path]) -> None:
    """Make the virtual environment `folder`, and install into it, in seconds.

    Raises subprocess.CalledProcessError when uv fails, after its own message.
    """
    uv = [str(baking_python()), "-m", "uv", "--quiet"]
    # With pip, which the documents name.
    venv = [*uv, "venv", "--clear", "--seed", "--python", sys.executable, str(folder)]
    subprocess.run(venv, check=True)
    install = [*uv, "pip", "install", "--python", str(folder)]
    subprocess.run([*install, *as_options(requirements)], check=True)


def use_pip(folder: Path, requirements: list[Path]) -> None:
    """Do the same with what every Python has. Raises subprocess.CalledProcessError as well."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    pip = [str(python_of(folder)), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    # Compiling takes half of pip's time, mostly for modules that are never imported. Python
    # compiles the others on import, unless it may not write bytecode.
    compiling = [] if sys.dont_write_bytecode else ["--no-compile"]
    subprocess.run([*pip, "install", *compiling, *as_options(requirements)], check=True)


def use_uv_or_pip(folder: Path, requirements: list[Path]) -> None:
    """Use uv, or pip where uv fails: a mirror may be set for pip alone.

    Raises subprocess.CalledProcessError when pip fails too, after its own message.
    """
    try:
        use_uv(folder, requirements)
    except subprocess.CalledProcessError:
        print("uv cannot install it: pip tries.", file=sys.stderr, flush=True)
        use_pip(folder, requirements)


def as_options(requirements: list[Path]) -> list[str]:
    return [argument for file in requirements for argument in ("-r", str(file))]


def python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def prepare(
    folder: Path,
    requirements: list[Path],
    install: Callable[[Path, list[Path]], None] = use_uv_or_pip,
) -> Path:
    """Return the Python of the virtual environment `folder`, with `requirements` installed.

    Several processes may ask for the same folder at once. Raises subprocess.CalledProcessError when
    `install` fails, after its own message.
    """
    digest = hashlib.sha256(sys.version.encode())
    for file in requirements:
        digest.update(file.read_bytes())
    stamp = folder / ".installed"
    python = python_of(folder)
    with alone(folder.name):
        installed = stamp.read_text(encoding="utf-8") if stamp.exists() and python.exists() else ""
        if installed != digest.hexdigest():
            # From scratch, so that no package of older requirements is left.
            print(f"Installing into {folder} (this happens once) ...", file=sys.stderr, flush=True)
            install(folder, requirements)
            stamp.write_text(digest.hexdigest(), encoding="utf-8")
    return python


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Hold the lock `name`, which only one process has at a time; the others wait for it."""
    locks = SCRATCH / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    # SQLite has the only lock in the standard library that works on every system. The file stays
    # empty, and the system releases the lock however the process ends.
    lock = sqlite3.connect(locks / f"{name}.sqlite3", timeout=LONGEST_WAIT, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        lock.close()
