"""The table of the course, `steps.toml`, as objects."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PROJECT = FOLDER.parent


@dataclass(frozen=True)
class Target:
    """What a step empties: a function, a method, or all methods of a class."""

    file: str
    """The path in the project, with forward slashes."""
    name: str
    """The qualified name, such as `render` or `Feed.run`."""

    def __str__(self) -> str:
        return f"{self.name} in {self.file}"


@dataclass(frozen=True)
class Step:
    """One exercise."""

    number: int
    title: str
    minutes: int
    text: str
    tests: tuple[str, ...]
    targets: tuple[Target, ...]
    hints: tuple[str, ...]

    @property
    def files(self) -> list[str]:
        """The files with code of this step, each once."""
        return list(dict.fromkeys(target.file for target in self.targets))


@cache
def steps() -> tuple[Step, ...]:
    """All steps, in their order. The first has the number 1."""
    table = tomllib.loads((FOLDER / "steps.toml").read_text(encoding="utf-8"))
    return tuple(
        Step(
            number=number,
            title=row["title"],
            minutes=row["minutes"],
            text=f"exercises/{row['text']}",
            tests=tuple(f"exercises/tests/{name}" for name in row["tests"]),
            targets=tuple(_target(written) for written in row["functions"]),
            hints=tuple(row["hints"]),
        )
        for number, row in enumerate(table["step"], start=1)
    )


def files() -> list[str]:
    """All files with code of any step, each once."""
    return list(dict.fromkeys(file for step in steps() for file in step.files))


def targets_in(file: str) -> list[tuple[Step, Target]]:
    """What is emptied in a file, each with its step."""
    pairs = [(step, target) for step in steps() for target in step.targets]
    return [(step, target) for step, target in pairs if target.file == file]


def _target(written: str) -> Target:
    file, name = written.split(": ")
    return Target(file, name)
