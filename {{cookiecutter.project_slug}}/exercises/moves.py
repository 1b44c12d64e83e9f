"""Puts the code of a step before the student: emptied, solved, or all as it was."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from exercises import course, earlier, source
from exercises.course import Step, Target
from exercises.keeping import KeepingError, digest_of, is_own, keep_originals, original, read
from exercises.progress import Progress, forget


@dataclass
class Change:
    """What was done beside what was asked, for the student to know."""

    saved: Path | None
    """The folder with the student's own work, if there was any."""
    notes: list[str] = field(default_factory=list)
    restored: list[Target] = field(default_factory=list)
    """What the student had written before, and is back."""


def start(
    progress: Progress, step: Step, *, from_solutions: bool = False, from_saved: bool = False
) -> Change:
    """Empty the functions of `step`, or fill them `from_saved` with the student's last work.

    What is still emptied of other steps gets its original back, and `from_solutions` all that
    belongs to earlier ones. Raises KeepingError.
    """
    keep_originals()
    change = Change(progress.save_work())
    written = earlier.last_work(step) if from_saved else {}
    if from_saved and not written:
        raise KeepingError(f"Nothing that you have written for step {step.number} is saved.")
    unsure: dict[Step, list[Target]] = {}
    for file in course.files():
        targets = course.targets_in(file)
        text = _text(file, [target for _, target in targets], change)
        for other, target in targets:
            is_taken = other == step or (from_solutions and other.number < step.number)
            if is_taken or source.is_emptied(text, target.name):
                if not is_taken:
                    change.notes.append(f"{target} was not written yet, and is solved now.")
                    progress.forget(other)
                text = source.replace(text, target.name, original(file))
            elif is_own(text, target):
                unsure.setdefault(other, []).append(target)
            if target in written:
                text = source.replace(text, target.name, written[target].text)
                change.restored.append(target)
            elif other == step:
                text = source.empty(text, target.name)
        progress.write(file, text)
    for other in course.steps():
        if from_solutions and other.number < step.number:
            progress.note(other, "solved", digest_of(other))
        if other in unsure and (state := progress.state(other)) != "green":
            names = " and ".join(map(str, unsure[other]))
            ran = "were red" if state == "red" else "have not been run"
            change.notes.append(
                f"{names} (step {other.number}): your code stays, and the tests of that step {ran} "
                "with it. Later tests may fail because of it."
            )
    progress.forget(step)
    progress.step = step.number
    progress.save()
    return change


def solve(progress: Progress, step: Step) -> Change:
    """Put the originals of the functions of `step` back. Raises KeepingError."""
    change = Change(progress.save_work())
    for file in step.files:
        targets = [target for other, target in course.targets_in(file) if other == step]
        text = _text(file, targets, change)
        for target in targets:
            text = source.replace(text, target.name, original(file))
        progress.write(file, text)
    progress.forget(step)
    progress.save()
    return change


def reset(progress: Progress) -> Change:
    """Put all files back as they were before the first `start`. Raises KeepingError."""
    originals = {file: original(file) for file in course.files()}
    change = Change(progress.save_work())
    for file, text in originals.items():
        progress.write(file, text)
    forget()
    return change


def _text(file: str, targets: Sequence[Target], change: Change) -> str:
    """A file as it is, or its original if one of `targets` cannot be found in it."""
    try:
        text = read(file)
        for target in targets:
            source.check(text, target.name)
    except source.SourceError as error:
        change.notes.append(f"{file} is the original again, because {error}")
        return original(file)
    return text
