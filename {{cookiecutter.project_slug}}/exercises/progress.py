"""How far a student has come, and what `exercise` has written: kept in `exercises/saved/`."""

import json
import shutil
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from exercises import course, keeping
from exercises.course import Step
from exercises.keeping import KeepingError

PROGRESS = keeping.SAVED / "progress.json"


@dataclass
class Progress:
    """How far one has come. `step` is 0 before the first `start`."""

    step: int = 0
    states: dict[str, list[str]] = field(default_factory=dict)
    """By the number of a step: "green", "red" or "solved", and a digest of its code as it was."""
    verdicts: dict[str, str] = field(default_factory=dict)
    """By a digest of a step's code: "green" or "red", as its tests last were with it."""
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
            progress.verdicts = dict(progress.verdicts)
            return progress
        except (ValueError, TypeError) as error:
            raise KeepingError(
                f"{keeping.shown(PROGRESS)} is damaged. Delete it, and begin your step again."
            ) from error

    def state(self, step: Step) -> str:
        """What is known of a step, in words; "" if its code was not checked yet."""
        code = keeping.digest_of(step)
        if code in self.verdicts:
            return self.verdicts[code]
        state, known = self.states.get(str(step.number), ("", ""))
        if not state or code == known:
            return state
        return f"{state} before it was changed: check {step.number}"

    def note(self, step: Step, state: str, code: str) -> None:
        """Keep what is known of a step, and the digest of the code for which it holds."""
        self.states[str(step.number)] = [state, code]
        if code and state != "solved":
            self.verdicts[code] = state

    def forget(self, step: Step) -> None:
        """Its code is another one now, and may not have been checked yet."""
        self.states.pop(str(step.number), None)

    def save(self) -> None:
        keeping.SAVED.mkdir(exist_ok=True)
        PROGRESS.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    def write(self, file: str, text: str) -> None:
        """Write a file of the project, with the line ends that `text` has."""
        path, content = course.PROJECT / file, text.encode()
        # An equal file keeps its time, so that `dev` does not reload.
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)
        self.written[file] = keeping.digest(content)

    def save_work(self) -> Path | None:
        """Copy the files that were changed since `exercise` last wrote them.

        Returns the folder of the copies, as a path in the project; None if nothing was changed.
        """
        changed = [file for file in course.files() if self._is_changed(file)]
        if not changed:
            return None
        name = f"{datetime.now():%Y-%m-%d-%H%M%S}-step-{self.step}"
        folder, again = keeping.SAVED / name, 1
        while folder.exists():
            again += 1
            folder = keeping.SAVED / f"{name}-{again}"
        for file in changed:
            keeping.copy_to(folder, file)
        return folder.relative_to(course.PROJECT)

    def _is_changed(self, file: str) -> bool:
        path = course.PROJECT / file
        if not path.is_file():
            return False
        known = self.written.get(file) or keeping.digest(keeping.original(file).encode())
        return keeping.digest(path.read_bytes()) != known


def forget() -> None:
    """Forget the progress and the originals. What was saved stays."""
    shutil.rmtree(keeping.ORIGINALS, ignore_errors=True)
    PROGRESS.unlink(missing_ok=True)
