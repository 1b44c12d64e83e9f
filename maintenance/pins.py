"""Pin again every requirement, at the newest versions that the ranges allow.

    .venv/bin/python maintenance/pins.py

Writes requirements.txt, requirements-baking.txt, templates/pins/*.txt and
templates/provider/*/requirements.txt. The ranges are in pyproject.toml, in the project's
pyproject.toml, and in `_sdk` of cookiecutter.json.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import _scripts  # noqa: F401
import supported_python
from answers import CONTEXT, ROOT
from cookiecutter.main import cookiecutter
from packaging.markers import Marker

TEMPLATES = ROOT / "templates"

# A pin is kept if one of these would install it; for all of them, it needs no marker.
MACHINES = [
    {
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_version": version,
        "python_full_version": f"{version}.{micro}",
        "sys_platform": sys_platform,
        "platform_system": platform_system,
        "os_name": os_name,
        "platform_machine": machine,
    }
    for version in supported_python.VERSIONS
    # Debian 12 has 3.11.2, for which redis needs a package more.
    for micro in (0, 9)
    for sys_platform, platform_system, os_name in (
        ("linux", "Linux", "posix"),
        ("darwin", "Darwin", "posix"),
        ("win32", "Windows", "nt"),
    )
    for machine in ("x86_64", "arm64")
]


def main() -> None:
    """Resolve all SDKs together, so that what two of them share has one version, then split."""
    sdks = {name: sdk["range"] for name, sdk in CONTEXT["_sdk"].items()}
    for sdk in sdks:
        (TEMPLATES / "provider" / sdk / "requirements.txt").touch()
    project = baked_pyproject()
    runtime = [
        range_ for range_ in project["project"]["dependencies"] if range_ not in sdks.values()
    ]
    groups = project["dependency-groups"]
    server, dev = (only_requirements(groups[name]) for name in ("server", "dev"))
    overrides = project["tool"]["uv"]["override-dependencies"]

    everything = resolve([*runtime, *server, *dev, *sdks.values()], overrides)
    common = resolve(runtime, overrides, everything)
    write(TEMPLATES / "pins" / "common.txt", common)
    drivers = without(resolve([*runtime, *server], overrides, everything), common)
    write(TEMPLATES / "pins" / "server.txt", drivers)
    further = resolve([*runtime, *server, *dev], overrides, everything)
    write(TEMPLATES / "pins" / "dev.txt", without(further, [*common, *drivers]))
    for sdk, range_ in sdks.items():
        pins = without(resolve([*runtime, range_], overrides, everything), common)
        write(TEMPLATES / "provider" / sdk / "requirements.txt", pins)

    template = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = template["dependency-groups"]
    baking, dev = (only_requirements(groups[name]) for name in ("baking", "dev"))
    dev_pins = resolve([*baking, *dev])
    write(ROOT / "requirements.txt", dev_pins)
    write(ROOT / "requirements-baking.txt", resolve(baking, dev_pins))


def only_requirements(group: list[Any]) -> list[str]:
    """Return a dependency group without the groups that it includes."""
    return [item for item in group if isinstance(item, str)]


def baked_pyproject() -> dict[str, Any]:
    """Return the pyproject.toml of a project with default answers."""
    with tempfile.TemporaryDirectory() as folder:
        project = cookiecutter(
            str(ROOT), no_input=True, output_dir=folder, default_config=True, accept_hooks=False
        )
        return tomllib.loads((Path(project) / "pyproject.toml").read_text(encoding="utf-8"))


def resolve(
    requirements: Iterable[str], overrides: Iterable[str] = (), constraints: Iterable[str] = ()
) -> list[str]:
    """Return the pins of `requirements` and all they need, sorted, with uv's markers.

    An override stands for each requirement of its distribution, whoever requires it.
    Raises subprocess.CalledProcessError when uv finds no solution, after its own message.
    """
    files = {"requirements": requirements, "-c": constraints, "--override": overrides}
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"]
    command += ["--python-version", supported_python.VERSIONS[0], "--no-annotate", "--no-header"]
    with tempfile.TemporaryDirectory() as folder:
        for option, lines in files.items():
            name = f"{option.strip('-')}.txt"
            (Path(folder) / name).write_text("\n".join(lines), encoding="utf-8")
            command += [option, name] if option.startswith("-") else [name]
        output = subprocess.run(
            command, cwd=folder, check=True, stdout=subprocess.PIPE, encoding="utf-8"
        ).stdout
    return output.splitlines()


def simplified(pin: str) -> str | None:
    """Return `pin` without a marker that all machines meet; None if no machine meets it."""
    requirement, _, marker = pin.partition(" ; ")
    met = [Marker(marker).evaluate(machine) for machine in MACHINES] if marker else [True]
    if not any(met):
        return None
    return requirement if all(met) else pin


def without(pins: list[str], others: list[str]) -> list[str]:
    """Return the pins of distributions that `others` do not pin."""
    names = {distribution(pin) for pin in others}
    return [pin for pin in pins if distribution(pin) not in names]


def distribution(pin: str) -> str:
    """Return the name of the distribution that `pin` pins."""
    return re.split(r"[=\[ ]", pin, maxsplit=1)[0]


def write(path: Path, pins: list[str]) -> None:
    """Write one pin a line, those that a machine installs."""
    lines = [f"{kept}\n" for pin in pins if (kept := simplified(pin))]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:  # It has said why.
        sys.exit(error.returncode)
