"""Finds what the student has written for a step before, among the copies in `exercises/saved/`."""

from dataclasses import dataclass
from pathlib import Path

from exercises import keeping, source
from exercises.course import Step, Target


@dataclass(frozen=True)
class Copy:
    """The copy of a file with a function that the student has written."""

    folder: Path
    text: str


def last_work(step: Step) -> dict[Target, Copy]:
    """The newest copy of each function of `step` that is neither empty nor the original.

    What was never written is left out, and so is a copy that is not valid Python.
    """
    found: dict[Target, Copy] = {}
    if keeping.SAVED.is_dir():
        # Their names begin with the time.
        for folder in sorted(keeping.SAVED.glob("*-step-*"), reverse=True):
            for target in step.targets:
                if target not in found and (text := _written(folder, target)):
                    found[target] = Copy(folder, text)
    return found


def places(step: Step) -> list[str]:
    """Where `last_work` is, but for what the project has already: each folder with its files."""
    files: dict[Path, list[str]] = {}
    for target, copy in last_work(step).items():
        if _is_in_project(target, copy):
            continue
        name = keeping.copy_of(copy.folder, target.file).relative_to(copy.folder).as_posix()
        if name not in files.setdefault(copy.folder, []):
            files[copy.folder].append(name)
    return [
        f"{' and '.join(names)} in {keeping.shown(folder)} (saved during step {_step(folder)})"
        for folder, names in files.items()
    ]


def _step(folder: Path) -> str:
    """The number of the step that was open when a folder was made: the name has it."""
    return folder.name.partition("-step-")[2].partition("-")[0]


def _is_in_project(target: Target, copy: Copy) -> bool:
    try:
        now = source.definition(keeping.read(target.file), target.name)
    except source.SourceError:
        return False
    return now == source.definition(copy.text, target.name)


def _written(folder: Path, target: Target) -> str:
    """The text of a copy if the student has written `target` in it, or ""."""
    try:
        text = keeping.copied(folder, target.file)
        return text if keeping.is_own(text, target) else ""
    except source.SourceError:
        return ""
