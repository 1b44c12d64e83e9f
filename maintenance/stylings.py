"""Take the newest Bootstrap and Tailwind CSS that the stylings are written for. Needs Node.

    .venv/bin/python maintenance/stylings.py

Writes what templates/styling/bootstrap holds of Bootstrap, and the versions in
templates/styling/tailwind/package.json; then builds the stylesheet of Tailwind again.
"""

import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import _scripts  # noqa: F401
import tailwind
from answers import ROOT

BOOTSTRAP = ROOT / "templates" / "styling" / "bootstrap"
BOOTSTRAP_RANGE = "bootstrap@5.3"
TAILWIND_PACKAGE = ROOT / "templates" / "styling" / "tailwind" / "package.json"
TAILWIND_RANGES = ("@tailwindcss/cli@4", "tailwindcss@4")
FILES = {
    "package/dist/css/bootstrap.min.css": "bootstrap.min.css",
    "package/LICENSE": "bootstrap.LICENSE",
}
# Django's manifest storage would look for the map.
SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=\S+ \*/\n?")


def main() -> None:
    """Raise both, and build."""
    raise_bootstrap()
    package = TAILWIND_PACKAGE.read_text(encoding="utf-8")
    for range_ in TAILWIND_RANGES:
        package = with_version(package, range_.rpartition("@")[0], newest(range_))
    TAILWIND_PACKAGE.write_text(package, encoding="utf-8", newline="\n")
    tailwind.main()


def raise_bootstrap() -> None:
    """Copy the files of the newest version, without the address of a source map."""
    with tempfile.TemporaryDirectory() as folder:
        command = [tailwind.npm(), "pack", "--silent", BOOTSTRAP_RANGE]
        subprocess.run(command, cwd=folder, check=True)
        (archive,) = Path(folder).iterdir()
        with tarfile.open(archive) as files:
            for name, target in FILES.items():
                file = files.extractfile(name)
                assert file is not None, name
                text = SOURCE_MAP.sub("", file.read().decode())
                (BOOTSTRAP / target).write_text(text, encoding="utf-8", newline="\n")


def newest(range_: str) -> str:
    """Return the newest version of an npm package's range."""
    command = [tailwind.npm(), "view", range_, "version", "--json"]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8")
    versions = json.loads(run.stdout)
    # npm prints a text for one version, and a list for more.
    numbers = [versions] if isinstance(versions, str) else versions
    return max(numbers, key=lambda number: [int(part) for part in number.split(".")])


def with_version(package: str, name: str, version: str) -> str:
    """Return the text of a package.json with another version of a package."""
    pin = re.compile(rf'("{re.escape(name)}": ")[^"]+')
    if not pin.search(package):
        raise ValueError(f"package.json does not pin {name}")
    return pin.sub(rf"\g<1>{version}", package)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:  # It has said why.
        sys.exit(error.returncode)
