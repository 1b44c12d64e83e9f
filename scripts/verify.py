"""Bake one combination of answers into a folder, install it, and run all its checks.

    python3 scripts/verify.py openai-thread-plain path/to/folder
    python3 scripts/verify.py --list

Prints one line for each check. The output of a failed check goes to stderr. `--list` prints the
combinations as JSON, for the `include` of a GitHub Actions matrix.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import answers as questions
import baking
import checks

FAILURES = (checks.CheckFailed, subprocess.CalledProcessError, FileNotFoundError)


def main() -> int:
    """Return 0 if all checks pass, and 1 if one fails; exit with 2 after wrong usage."""
    parser = argparse.ArgumentParser(
        description="Bake a combination of answers into a folder, install it, and run its checks.",
        epilog="exit code: 0 if all pass, 1 if one fails, 2 after wrong usage",
    )
    parser.add_argument("combination", nargs="?", help="such as openai-thread-plain")
    parser.add_argument("folder", nargs="?", type=Path, help="an empty folder, or a new one")
    parser.add_argument("--list", action="store_true", help="print the combinations as JSON")
    options = parser.parse_args()
    if options.list and options.combination is None:
        print(json.dumps([row(combination) for combination in questions.COMBINATIONS]))
        return 0
    if options.list or options.folder is None:
        parser.error("name a combination and a folder, or --list alone")
    try:
        combination = questions.named(options.combination)
        options.folder.mkdir(parents=True, exist_ok=True)
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"{options.folder} cannot be made a folder: {error.strerror}")
    if any(options.folder.iterdir()):
        parser.error(f"{options.folder} is not empty: name an empty folder, or a new one")
    return verify(combination, options.folder.resolve())


def row(combination: dict[str, str]) -> dict[str, str]:
    """Return the name of a combination, and its answers."""
    return {"combination": questions.name(combination), **combination}


def verify(combination: dict[str, str], folder: Path) -> int:
    """Return 0 if a project is baked, installed and passes all its checks, else 1."""
    try:
        with line("bake"):
            project = baking.bake(folder, combination)
        with line("install"):
            checkout = checks.install(project, combination["provider_sdk"])
    except FAILURES:
        return 1
    code = 0
    for check in checks.CHECKS:
        try:
            with line(check):
                checkout.run(check)
        except FAILURES:
            code = 1
    return code


@contextmanager
def line(name: str) -> Iterator[None]:
    """Print whether the body of the `with` passed, and how many seconds it took."""
    began = time.monotonic()
    try:
        yield
    except FAILURES as error:
        print(f"FAIL  {name:<14}{time.monotonic() - began:7.1f} s", flush=True)
        said = getattr(error, "output", None)
        print(f"{said}\n{error}" if said else error, file=sys.stderr, flush=True)
        raise
    print(f"pass  {name:<14}{time.monotonic() - began:7.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
