"""Virtual environments that are made once, and again only when their requirements change."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# scripts/faults.py lets copies of the template share the environments of the template itself.
SCRATCH = Path(os.environ.get("TEMPLATE_SCRATCH") or ROOT / "scratch")

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        f"This needs Python 3.11, 3.12 or 3.13; {sys.executable} is "
        f"{sys.version_info.major}.{sys.version_info.minor}. Run it with one of those, "
        "such as python3.13."
    )


def template_python() -> Path:
    """Return the Python that has cookiecutter and the tools of the template's own tests."""
    return prepare(ROOT / ".venv", [ROOT / "requirements.txt"])


def project_python(project: Path, provider_sdk: str) -> Path:
    """Return a Python that has all that the baked `project` needs to run and to be tested.

    Projects of one provider SDK have the same requirements, so they share one environment.
    """
    requirements = [project / "requirements.txt", project / "requirements-dev.txt"]
    return prepare(SCRATCH / "venv" / provider_sdk, requirements)


def prepare(folder: Path, requirements: list[Path]) -> Path:
    """Return the Python of the virtual environment `folder`, with `requirements` installed.

    Raises subprocess.CalledProcessError when venv or pip fails, after their own message.
    """
    digest = hashlib.sha256(sys.version.encode())
    for file in requirements:
        digest.update(file.read_bytes())
    stamp = folder / ".installed"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    installed = stamp.read_text(encoding="utf-8") if stamp.exists() and python.exists() else ""
    if installed != digest.hexdigest():
        # From scratch each time, so that nothing of older requirements stays behind.
        print(f"Installing into {folder.relative_to(ROOT)} (this happens once) ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        files = [argument for file in requirements for argument in ("-r", str(file))]
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", *files], check=True)
        stamp.write_text(digest.hexdigest(), encoding="utf-8")
    return python
