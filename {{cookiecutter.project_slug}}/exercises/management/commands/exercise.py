"""`manage.py exercise`: the course in `exercises/README.md`, step by step."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exercises import course, keeping, moves
from exercises.checking import check
from exercises.course import Step
from exercises.keeping import KeepingError, Progress
from exercises.moves import Change

EXERCISE = "python manage.py exercise"


class Command(BaseCommand):
    help = "Lead through the course in exercises/README.md. Without an action: say where one is."
    # While a step is open, the project is not whole.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", metavar="ACTION")
        start = actions.add_parser("start", help="empty the functions of a step")
        start.add_argument("number", type=int, help="of the step")
        start.add_argument(
            "--from-solutions", action="store_true", help="put solutions into all earlier steps"
        )
        check = actions.add_parser("check", help="run the tests of this step, or of another one")
        check.add_argument("number", type=int, nargs="?", help="of another step")
        actions.add_parser("hint", help="show the next hint of this step")
        actions.add_parser("solution", help="put the original code of this step back")
        actions.add_parser("reset", help="put all files back as they were before the first start")

    def handle(self, *args: Any, action: str | None, **options: Any) -> None:
        try:
            self.progress = Progress.load()
            match action:
                case None:
                    self._tell()
                case "start":
                    self._start(options["number"], options["from_solutions"])
                case "check":
                    number = options["number"]
                    self._check(self._step() if number is None else self._numbered(number))
                case "reset":
                    self._reset()
                case _:
                    getattr(self, f"_{action}")(self._step())
        except KeepingError as error:
            raise CommandError(str(error)) from error

    def _step(self) -> Step:
        if not self.progress.step:
            raise CommandError(f"No step has been begun. Type: {EXERCISE} start 1")
        return course.steps()[self.progress.step - 1]

    def _tell(self) -> None:
        for step in course.steps():
            if self.progress.is_green(step):
                state = "green"
            elif self.progress.was_green(step):
                state = f"green before it was changed: check {step.number}"
            else:
                state = "red" if step.number == self.progress.step else ""
            if step.number == self.progress.step:
                state += ", you are here"
            self.stdout.write(f"{step.number:>3}  {step.title:<46}{state}".rstrip())
        self.stdout.write("")
        if not self.progress.step:
            self.stdout.write(f"Read exercises/README.md, then type: {EXERCISE} start 1")
        elif self.progress.is_green(self._step()):
            self._lead_on(self._step())
        else:
            self._describe(self._step())

    def _numbered(self, number: int) -> Step:
        if not 1 <= number <= len(course.steps()):
            raise CommandError(f"There is no step {number}: they are 1 to {len(course.steps())}.")
        return course.steps()[number - 1]

    def _start(self, number: int, from_solutions: bool) -> None:
        step = self._numbered(number)
        self._say(moves.start(self.progress, step, from_solutions=from_solutions))
        self._describe(step)

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
        self.progress.note(step, code if found.are_green else "")
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
        number = min(self.progress.hints.get(str(step.number), 0) + 1, len(step.hints))
        self.progress.hints[str(step.number)] = number
        self.progress.save()
        self.stdout.write(f"Hint {number} of {len(step.hints)}: {step.hints[number - 1]}")
        if number == len(step.hints):
            self.stdout.write(f"This is the last one. The original code: {EXERCISE} solution")

    def _solution(self, step: Step) -> None:
        self._say(moves.solve(self.progress, step))
        self.stdout.write("The original code is back:")
        for target in step.targets:
            self.stdout.write(f"  {target}")
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
        for target in step.targets:
            self.stdout.write(f"  {target}")
        self.stdout.write(f"To see how far you are: {EXERCISE} check")

    def _lead_on(self, step: Step) -> None:
        if step.number < len(course.steps()):
            self.stdout.write(f"All green. The next step: {EXERCISE} start {step.number + 1}")
        else:
            self.stdout.write("All green. This was the last step.")
