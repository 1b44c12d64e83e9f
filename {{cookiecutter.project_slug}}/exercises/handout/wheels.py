"""Asks pip for the wheels of another system: fetches them, or sees that they are all there."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from packaging.requirements import Requirement

from exercises.handout.systems import SYSTEMS, System

MISSING = re.compile(r"No matching distribution found for (\S+)")
NO_INDEX = re.compile(r"Retrying \(|Could not fetch URL|ProxyError")


class PipError(Exception):
    """pip failed, for another reason than a wheel that is missing. Its text is what pip said."""


class MissingWheelsError(Exception):
    """Requirements without a wheel for a system. Its text is a line for each, and what to do."""


def pins(file: Path, system: System, python: str) -> list[str]:
    """Return the pins in a requirements file that count on a system, without their markers.

    `python` is a version such as 3.12. Lines `-r FILE` are followed.
    """
    found = []
    environment = {**system.markers, "python_version": python, "python_full_version": f"{python}.0"}
    for line in file.read_text(encoding="utf-8").splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("-r "):
            found += pins(file.with_name(line[3:].strip()), system, python)
        elif line:
            pin = Requirement(line)
            if pin.marker is None or pin.marker.evaluate(environment):
                found.append(f"{pin.name}{pin.specifier}")
    return found


def fetch(file: Path, name: str, python: str, wheels: Path) -> list[str]:
    """Download the wheels of a system into a folder; return the pins that have none.

    Raises `PipError`, say if there is no network.
    """
    wanted, missing = pins(file, SYSTEMS[name], python), []
    download = ["download", "-d", str(wheels)]
    while lacking := _without_wheel(download, os.environ, name, python, wanted):
        missing.append(lacking)
        wanted.remove(lacking)
    return missing


def resolve(file: Path, name: str, python: str, wheels: Path) -> int:
    """Let pip's resolver find all wheels of a system in a folder; return how many they are.

    Raises `MissingWheelsError` with the first that is missing, and `PipError`.
    """
    wanted = pins(file, SYSTEMS[name], python)
    with tempfile.TemporaryDirectory() as target:
        arguments = ["install", "--dry-run", "--ignore-installed", "--target", target]
        arguments += ["--no-index", "--find-links", str(wheels)]
        if lacking := _without_wheel(arguments, without_settings(), name, python, wanted):
            raise MissingWheelsError(missing_text({name: [lacking]}, python))
    return len(wanted)


def missing_text(missing: dict[str, list[str]], python: str) -> str:
    """What is missing, one line for each system, and what to do about it."""
    lines = [
        f"{', '.join(pins)}: no wheel for {SYSTEMS[name].title}, Python {python}"
        for name, pins in missing.items()
    ]
    rest = " ".join(name for name in SYSTEMS if name not in missing)
    return "\n".join(
        [*lines, f"Leave such a system out (--systems {rest}), or take another --python."]
    )


def without_settings() -> dict[str, str]:
    """The environment without what a person has set up for pip, such as a folder of wheels."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return environ | {"PIP_CONFIG_FILE": os.devnull}


def _without_wheel(
    arguments: list[str], environ: Mapping[str, str], name: str, python: str, wanted: list[str]
) -> str | None:
    """Run pip for a system. Return the pin for which it finds no wheel, or None."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    # The list of pins is complete. djust would add Daphne, which this project does not use.
    command += ["--no-deps", "--only-binary", ":all:", "--implementation", "cp"]
    command += ["--python-version", python]
    for platform in SYSTEMS[name].platforms:
        command += ["--platform", platform]
    run = subprocess.run(
        [*command, *wanted],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if run.returncode == 0:
        return None
    found = MISSING.search(run.stdout)
    if found is None or found[1] not in wanted or NO_INDEX.search(run.stdout):
        raise PipError(f"pip failed. It said:\n{run.stdout}")
    return found[1]
