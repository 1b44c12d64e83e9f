"""The files that exercises change: read, copied, and compared with their originals.

`exercises/saved/originals/` has them as they were before the first `start`; a folder named by its
time has what was written since. Copies end in `.txt`, so that no tool takes them for code.
"""

import contextlib
import hashlib
import shutil
from pathlib import Path

from exercises import course, source
from exercises.course import Step, Target

SAVED = course.FOLDER / "saved"
ORIGINALS = SAVED / "originals"


class KeepingError(Exception):
    """Something cannot be done with the files as they are. Its text is a sentence."""


def read(file: str) -> str:
    """A file of the project as it is now. Raises SourceError if it is gone, or no text."""
    return _read(course.PROJECT / file)


def copied(folder: Path, file: str) -> str:
    """The copy of a file in a folder of SAVED. Raises SourceError if there is none, or no text."""
    return _read(copy_of(folder, file))


def original(file: str) -> str:
    """A file of the project as it was before the first `start`. Raises KeepingError."""
    try:
        return copied(ORIGINALS, file)
    except source.SourceError as error:
        raise KeepingError(
            f"The original of {file} is missing in {shown(ORIGINALS)}. Put the file itself back, "
            f"from git or a new bake, delete the folder {shown(SAVED)}, and start again."
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
        copy_to(unfinished, file)
    unfinished.rename(ORIGINALS)


def own(step: Step) -> list[Target]:
    """The functions of a step that the student has written, as they are now.

    Without those of a file that is not valid Python. Raises KeepingError.
    """
    if not ORIGINALS.exists():
        return []
    found = []
    for target in step.targets:
        with contextlib.suppress(source.SourceError):
            if is_own(read(target.file), target):
                found.append(target)
    return found


def is_own(text: str, target: Target) -> bool:
    """Whether `target` in `text` is neither empty nor the original.

    Raises SourceError, and KeepingError.
    """
    first = source.definition(original(target.file), target.name)
    is_original = source.definition(text, target.name) == first
    return not is_original and not source.is_emptied(text, target.name)


def digest_of(step: Step) -> str:
    """A digest of the functions of a step as they are now; "" if one cannot be found."""
    try:
        code = [source.definition(read(target.file), target.name) for target in step.targets]
    except source.SourceError:
        return ""
    return digest("".join(code).encode())


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def copy_to(folder: Path, file: str) -> None:
    copy = copy_of(folder, file)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(course.PROJECT / file, copy)


def copy_of(folder: Path, file: str) -> Path:
    return folder / f"{file}.txt"


def shown(path: Path) -> str:
    """A path in the project, as the student reads it."""
    return path.relative_to(course.PROJECT).as_posix()


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise source.SourceError(f"it cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise source.SourceError("it is not in UTF-8.") from error
