"""`manage.py exercise`: the course in `exercises/README.md`, step by step."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exercises import course, earlier, keeping, moves
from exercises.checking import check
from exercises.course import Step, Target
from exercises.keeping import KeepingError
from exercises.moves import Change
from exercises.progress import Progress

EXERCISE = "python manage.py exercise"


class Command(BaseCommand):
    help = "Lead through the course in exercises/README.md. Without an action: say where one is."
    # While a step is open, the project is not whole.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", metavar="ACTION")
        start = actions.add_parser("start", help="empty the functions of a step")
        start.add_argument("number", help="of the step")
        start.add_argument(
            "--from-solutions", action="store_true", help="put solutions into all earlier steps"
        )
        start.add_argument(
            "--from-saved", action="store_true", help="bring your last work on the step back"
        )
        check = actions.add_parser("check", help="run the tests of this step, or of another one")
        check.add_argument("number", nargs="?", help="of another step")
        actions.add_parser("hint", help="show the next hint of this step")
        actions.add_parser("solution", help="put the original code of this step back")
        actions.add_parser("reset", help="put all files back as they were before the first start")

    def handle(self, *args: Any, action: str | None, **options: Any) -> None:
        try:
            self.progress = Progress.load()
            self._do(action, options)
            # What is still in the buffer would be written at the exit, where nobody can catch this.
            sys.stdout.flush()
        except KeepingError as error:
            raise CommandError(str(error)) from error
        except BrokenPipeError:
            # Such as `exercise | head`, which has read enough. Python flushes again at the exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _do(self, action: str | None, options: dict[str, Any]) -> None:
        match action:
            case None:
                self._tell()
            case "start":
                self._start(options["number"], options["from_solutions"], options["from_saved"])
            case "check":
                number = options["number"]
                self._check(self._step() if number is None else self._numbered(number))
            case "reset":
                self._reset()
            case _:
                getattr(self, f"_{action}")(self._step())

    def _step(self) -> Step:
        if not self.progress.step:
            raise CommandError(f"No step has been begun. Type: {EXERCISE} start 1")
        return course.steps()[self.progress.step - 1]

    def _tell(self) -> None:
        for step in course.steps():
            state = self.progress.state(step)
            is_here = step.number == self.progress.step
            if not state and (is_here or keeping.own(step)):
                state = "not checked yet"
            if is_here:
                state += ", you are here"
            self.stdout.write(f"{step.number:>3}  {step.title:<46}{state}".rstrip())
        self.stdout.write("")
        if not self.progress.step:
            self.stdout.write(f"Read exercises/README.md, then type: {EXERCISE} start 1")
        elif self.progress.state(self._step()) == "green":
            self._lead_on(self._step())
        else:
            self._describe(self._step())
            self._tell_of_earlier_work(self._step())

    def _numbered(self, number: str) -> Step:
        found = {str(step.number): step for step in course.steps()}.get(number)
        if found is None:
            most = len(course.steps())
            raise CommandError(f"There is no step {number}: a step is a number, 1 to {most}.")
        return found

    def _start(self, number: str, from_solutions: bool, from_saved: bool) -> None:
        step = self._numbered(number)
        change = moves.start(
            self.progress, step, from_solutions=from_solutions, from_saved=from_saved
        )
        self._say(change)
        if from_solutions and step.number > 1:
            earlier_ones = "Step 1 is" if step.number == 2 else f"Steps 1 to {step.number - 1} are"
            self.stdout.write(f"{earlier_ones} solved.")
        if change.restored:
            self._tell_of_restored(step, change.restored)
        else:
            self._describe(step)
            self._tell_of_earlier_work(step)

    def _check(self, step: Step) -> None:
        # Before the tests: a file may be saved while they run.
        code = keeping.digest_of(step)
        found = check(step)
        self.stdout.write(f"Step {step.number} of {len(course.steps())}: {step.title}\n\n")
        for result in found.results:
            self.stdout.write(f"  {'red' if result.why else 'green':<6} {result.sentence}")
            for line in result.why.splitlines():
                self.stdout.write(f"         {line}")
        if found.left:
            self.stdout.write(f"         ({found.left} more will be run once this one is green)")
        self.stdout.write("")
        self.progress.note(step, "green" if found.are_green else "red", code)
        self.progress.save()
        is_mine = step.number == self.progress.step
        if not found.are_green:
            if is_mine:
                self.stdout.write(f"A hint: {EXERCISE} hint")
            sys.exit(1)
        if is_mine:
            self._lead_on(step)
        else:
            self.stdout.write("All green.")

    def _hint(self, step: Step) -> None:
        seen = self.progress.hints.get(str(step.number), 0)
        number = min(seen + 1, len(step.hints))
        self.progress.hints[str(step.number)] = number
        self.progress.save()
        self.stdout.write(f"Hint {number} of {len(step.hints)}: {step.hints[number - 1]}")
        if number == len(step.hints):
            said = "There are no more." if seen == number else "This is the last one."
            self.stdout.write(f"{said} The original code: {EXERCISE} solution")

    def _solution(self, step: Step) -> None:
        self._say(moves.solve(self.progress, step))
        self.stdout.write("The original code is back:")
        self._list(step.targets)
        self.stdout.write(f"Read it, then type: {EXERCISE} check")

    def _reset(self) -> None:
        if not keeping.ORIGINALS.exists():
            raise CommandError("No step has been begun: all files are as they were.")
        self._say(moves.reset(self.progress))
        self.stdout.write("All files are as they were before the first start.")

    def _say(self, change: Change) -> None:
        if change.saved:
            self.stdout.write(f"Your work is kept in {change.saved.as_posix()}")
        for note in change.notes:
            self.stdout.write(f"Note: {note}")

    def _describe(self, step: Step) -> None:
        self.stdout.write(f"Step {step.number}: {step.title}. About {step.minutes} minutes.")
        self.stdout.write(f"Read {step.text}, then write:")
        self._list(step.targets)
        self.stdout.write(f"To see how far you are: {EXERCISE} check")

    def _tell_of_restored(self, step: Step, restored: Sequence[Target]) -> None:
        self.stdout.write(f"Step {step.number}: {step.title}.")
        self.stdout.write("What you had written for it is back:")
        self._list(restored)
        if missing := [target for target in step.targets if target not in restored]:
            self.stdout.write(f"Still to be written, as {step.text} says:")
            self._list(missing)
        self.stdout.write(f"See whether it is green: {EXERCISE} check")

    def _tell_of_earlier_work(self, step: Step) -> None:
        if places := earlier.places(step):
            self.stdout.write(f"Your last work on this step is {', and '.join(places)}")
            self.stdout.write(f"To bring it back: {EXERCISE} start {step.number} --from-saved")

    def _lead_on(self, step: Step) -> None:
        is_last = step.number == len(course.steps())
        self.stdout.write(f"All green.{' This was the last step.' if is_last else ''}")
        for file in dict.fromkeys(target.file for target in keeping.own(step)):
            path = keeping.copy_of(keeping.ORIGINALS, file)
            self.stdout.write(f"Compare your code with the original: {keeping.shown(path)}")
        if is_last:
            self.stdout.write("Compare with all originals, and run: python -m pytest")
            self.stdout.write(f"Then put all files back: {EXERCISE} reset")
        else:
            self.stdout.write(f"The next step: {EXERCISE} start {step.number + 1}")

    def _list(self, targets: Sequence[Target]) -> None:
        for target in targets:
            self.stdout.write(f"  {target}")
