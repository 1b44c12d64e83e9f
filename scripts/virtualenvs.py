"""Create virtual environments, and create them again when their requirements change."""

import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from answers import ROOT

# maintenance/faults.py lets copies of the template share the environments of the template itself.
SCRATCH = Path(os.environ.get("TEMPLATE_SCRATCH") or ROOT / "scratch")
LONGEST_WAIT = 3600  # Seconds that another process may take to install.


def template_python() -> Path:
    """Return the Python that has cookiecutter and the tools of the template's own tests."""
    return prepare(ROOT / ".venv", [ROOT / "requirements.txt"])


def project_python(project: Path, provider_sdk: str) -> Path:
    """Return a Python with the requirements of the baked `project`, those of its tests included.

    Projects of one provider SDK have the same requirements, so they share one environment.
    """
    requirements = [project / "requirements.txt", project / "requirements-dev.txt"]
    return prepare(SCRATCH / "venv" / provider_sdk, requirements)


def prepare(folder: Path, requirements: list[Path]) -> Path:
    """Return the Python of the virtual environment `folder`, with `requirements` installed.

    Several processes may ask for the same folder at once. Raises subprocess.CalledProcessError when
    venv or pip fails, after their own message.
    """
    digest = hashlib.sha256(sys.version.encode())
    for file in requirements:
        digest.update(file.read_bytes())
    stamp = folder / ".installed"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    with alone(folder.name):
        installed = stamp.read_text(encoding="utf-8") if stamp.exists() and python.exists() else ""
        if installed != digest.hexdigest():
            # From scratch, so that no package of older requirements is left.
            print(f"Installing into {folder} (this happens once) ...", file=sys.stderr, flush=True)
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            files = [argument for file in requirements for argument in ("-r", str(file))]
            pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
            # Compiling takes half of pip's time, mostly for modules that are never imported. Python
            # compiles the others on import, unless it may not write bytecode.
            compiling = [] if sys.dont_write_bytecode else ["--no-compile"]
            subprocess.run([*pip, "install", *compiling, *files], check=True)
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
