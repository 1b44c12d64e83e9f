"""Finds what the student has written for a step before, among the copies in `exercises/saved/`."""

from dataclasses import dataclass
from pathlib import Path

from exercises import course, keeping, source
from exercises.course import Step, Target


@dataclass(frozen=True)
class Copy:
    """The copy of a file with a function that the student has written."""

    folder: Path
    text: str

    def __str__(self) -> str:
        return self.folder.relative_to(course.PROJECT).as_posix()


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


def folders(step: Step) -> list[str]:
    """The folders of `last_work`, each once, as paths in the project."""
    return list(dict.fromkeys(str(copy) for copy in last_work(step).values()))


def _written(folder: Path, target: Target) -> str:
    """The text of a copy if the student has written `target` in it, or ""."""
    try:
        text = keeping.copied(folder, target.file)
        is_emptied = source.is_emptied(text, target.name)
        written = source.definition(text, target.name)
    except source.SourceError:
        return ""
    original = source.definition(keeping.original(target.file), target.name)
    return "" if is_emptied or written == original else text
