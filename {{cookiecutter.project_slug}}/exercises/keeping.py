"""The files that exercises change: read and written here, and copied before each change.

`exercises/saved/originals/` has them as they were before the first `start`; a folder named by its
time has what was written since. Copies end in `.txt`, so that no tool takes them for code.
"""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from exercises import course, source
from exercises.course import Step

SAVED = course.FOLDER / "saved"
ORIGINALS = SAVED / "originals"
PROGRESS = SAVED / "progress.json"


class KeepingError(Exception):
    """Something cannot be done with the files as they are. Its text is a sentence."""


@dataclass
class Progress:
    """How far one has come. `step` is 0 before the first `start`."""

    step: int = 0
    states: dict[str, list[str]] = field(default_factory=dict)
    """By the number of a step: "green", "red" or "solved", and a digest of its code as it was."""
    hints: dict[str, int] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    """A digest of each file as `exercise` has left it."""

    @classmethod
    def load(cls) -> "Progress":
        """Raises KeepingError if the file is damaged."""
        if not PROGRESS.exists():
            return cls()
        try:
            progress = cls(**json.loads(PROGRESS.read_text(encoding="utf-8")))
            progress.states = dict(progress.states)
            return progress
        except (ValueError, TypeError) as error:
            raise KeepingError(
                f"{_shown(PROGRESS)} is damaged. Delete it, and begin your step again."
            ) from error

    def state(self, step: Step) -> str:
        """What is known of a step, in words; "" if its code was not checked yet."""
        state, code = self.states.get(str(step.number), ("", ""))
        if state in ("", "red") or code == digest_of(step):
            return state
        return f"{state} before it was changed: check {step.number}"

    def note(self, step: Step, state: str, code: str) -> None:
        """Keep what is known of a step, and the digest of the code for which it holds."""
        self.states[str(step.number)] = [state, code]

    def forget(self, step: Step) -> None:
        """Its code is another one now, and was not checked yet."""
        self.states.pop(str(step.number), None)

    def save(self) -> None:
        SAVED.mkdir(exist_ok=True)
        PROGRESS.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    def write(self, file: str, text: str) -> None:
        """Write a file of the project, with the line ends that `text` has."""
        path, content = course.PROJECT / file, text.encode()
        # An equal file keeps its time, so that `dev` does not reload.
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)
        self.written[file] = _digest(content)


def read(file: str) -> str:
    """A file of the project as it is now. Raises SourceError if it is gone, or no text."""
    return _read(course.PROJECT / file)


def copied(folder: Path, file: str) -> str:
    """The copy of a file in a folder of SAVED. Raises SourceError if there is none, or no text."""
    return _read(_copy(folder, file))


def original(file: str) -> str:
    """A file of the project as it was before the first `start`. Raises KeepingError."""
    try:
        return copied(ORIGINALS, file)
    except source.SourceError as error:
        raise KeepingError(
            f"The original of {file} is missing in {_shown(ORIGINALS)}. Put the file itself back, "
            f"from git or a new bake, delete the folder {_shown(SAVED)}, and start again."
        ) from error


def keep_originals() -> None:
    """Copy all files that exercises change, unless that was done before.

    Raises KeepingError if a function of any step is missing, or emptied already.
    """
    if ORIGINALS.exists():
        return
    for step in course.steps():
        for target in step.targets:
            try:
                is_emptied = source.is_emptied(read(target.file), target.name)
            except source.SourceError as error:
                raise KeepingError(
                    f"The course cannot begin, because of {target.file}: {error}"
                ) from error
            if is_emptied:
                raise KeepingError(
                    f"The course cannot begin, because there is no original of {target}: it is "
                    "emptied already. Put the file back, from git or a new bake."
                )
    # Under another name until it is whole.
    unfinished = SAVED / "originals-unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    for file in course.files():
        _copy_to(unfinished, file)
    unfinished.rename(ORIGINALS)


def save_work(progress: Progress) -> Path | None:
    """Copy the files that were changed since `exercise` last wrote them.

    Returns the folder of the copies, as a path in the project; None if nothing was changed.
    """
    changed = [file for file in course.files() if _is_changed(file, progress)]
    if not changed:
        return None
    name = f"{datetime.now():%Y-%m-%d-%H%M%S}-step-{progress.step}"
    folder, again = SAVED / name, 1
    while folder.exists():
        again += 1
        folder = SAVED / f"{name}-{again}"
    for file in changed:
        _copy_to(folder, file)
    return folder.relative_to(course.PROJECT)


def forget() -> None:
    """Forget the progress and the originals. What was saved stays."""
    shutil.rmtree(ORIGINALS, ignore_errors=True)
    PROGRESS.unlink(missing_ok=True)


def _is_changed(file: str, progress: Progress) -> bool:
    path = course.PROJECT / file
    if not path.is_file():
        return False
    known = progress.written.get(file) or _digest(original(file).encode())
    return _digest(path.read_bytes()) != known


def _copy_to(folder: Path, file: str) -> None:
    copy = _copy(folder, file)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(course.PROJECT / file, copy)


def _copy(folder: Path, file: str) -> Path:
    return folder / f"{file}.txt"


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise source.SourceError(f"it cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise source.SourceError("it is not in UTF-8.") from error


def digest_of(step: Step) -> str:
    """A digest of the functions of a step as they are now; "" if one cannot be found."""
    try:
        code = [source.definition(read(target.file), target.name) for target in step.targets]
    except source.SourceError:
        return ""
    return _digest("".join(code).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _shown(path: Path) -> str:
    return path.relative_to(course.PROJECT).as_posix()
