"""Projects that are baked for a benchmark, into a folder of their own that goes with it."""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import answers as questions
import virtualenvs

STYLING = questions.CHOICES["styling"][0]


@dataclass(frozen=True)
class Project:
    """A baked project, with its database migrated, and a Python that has its requirements."""

    folder: Path
    python: Path
    provider_sdk: str
    cancellation: str

    @property
    def name(self) -> str:
        """What tables call it."""
        return f"{self.provider_sdk}, {self.cancellation}"

    def migrate(self, environment: dict[str, str]) -> None:
        """Create the tables. Raises subprocess.CalledProcessError."""
        command = [str(self.python), "manage.py", "migrate", "--skip-checks", "--verbosity=0"]
        subprocess.run(command, cwd=self.folder, env=environment, check=True)

    def environment(self, base_url: str) -> dict[str, str]:
        """The variables of its server: as in production, with `base_url` as its upstream."""
        sdk = questions.CONTEXT["_sdk"][self.provider_sdk]
        return clean_environment() | {
            sdk["key"]: "no-key-needed",
            sdk["base_url"]: base_url,
            "DJANGO_DEBUG": "false",
            "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
            "DJANGO_HTTPS": "off",
            "CHAT_MAX_OUTPUT_TOKENS": "20000",
        }


def clean_environment() -> dict[str, str]:
    """This process's variables without those that would lead elsewhere."""
    dropped = ("VIRTUAL_ENV", "PYTHONPATH", "DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL")
    return {name: value for name, value in os.environ.items() if name not in dropped}


@contextmanager
def baked(answers: dict[str, str]) -> Iterator[Project]:
    """Bake a project with `answers`, defaults for the rest, and remove it at the end.

    Raises subprocess.CalledProcessError when cookiecutter, pip or manage.py fails.
    """
    combination = questions.combination(answers)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as temporary:
        command = [str(virtualenvs.template_python()), "-m", "cookiecutter", str(questions.ROOT)]
        command += ["--no-input", "--default-config", "-o", temporary, "project_slug=chat-project"]
        command += [f"{question}={answer}" for question, answer in combination.items()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        folder = Path(temporary) / "chat-project"
        sdk = combination["provider_sdk"]
        python = virtualenvs.project_python(folder, sdk)
        project = Project(folder, python, sdk, combination["cancellation"])
        project.migrate(clean_environment())
        yield project


def argument_parser(description: str) -> argparse.ArgumentParser:
    """A parser that takes answers, which choose the combinations to measure."""
    name = Path(sys.argv[0]).stem
    parser = argparse.ArgumentParser(prog=f"run.py {name}", description=description)
    parser.add_argument(
        "answers",
        nargs="*",
        metavar="question=answer",
        help="measure only the combinations with these answers (default: all)",
    )
    return parser


def chosen(parser: argparse.ArgumentParser, arguments: list[str]) -> list[dict[str, str]]:
    """Each SDK with each strategy, where they agree with `arguments`; the styling is the default.

    Ends the program with a sentence for what is no question, or no answer to it.
    """
    wanted = dict(argument.partition("=")[::2] for argument in arguments)
    try:
        questions.check(wanted)
    except ValueError as error:
        parser.error(str(error))
    wanted = {"styling": STYLING} | wanted
    return [each for each in questions.COMBINATIONS if wanted.items() <= each.items()]
