"""The template's questions, as cookiecutter.json asks them."""

import json
from itertools import product
from pathlib import Path

import supported_python  # noqa: F401  first of all: what follows needs a newer Python

ROOT = Path(__file__).resolve().parent.parent
CONTEXT = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
QUESTIONS = [key for key in CONTEXT if not key.startswith("_")]
CHOICES: dict[str, list[str]] = {
    key: CONTEXT[key] for key in QUESTIONS if isinstance(CONTEXT[key], list)
}
# An answer to one of these only adds files: it is tested by itself, and in no combination.
ADDITIONS = {"exercises"}
VARIANTS = {question: choices for question, choices in CHOICES.items() if question not in ADDITIONS}
COMBINATIONS = [
    dict(zip(VARIANTS, answers, strict=True)) for answers in product(*VARIANTS.values())
]


def check(answers: dict[str, str]) -> None:
    """Raise ValueError if a question is unknown, or an answer is not among its choices.

    cookiecutter itself silently ignores an unknown question and bakes the default.
    """
    for question, answer in answers.items():
        if question not in QUESTIONS:
            raise ValueError(f"{question} is not a question; they are: {', '.join(QUESTIONS)}.")
        if answer not in CHOICES.get(question, [answer]):
            choices = ", ".join(CHOICES[question])
            raise ValueError(f"{question} has no answer {answer!r}; it has: {choices}.")


def combination(answers: dict[str, str]) -> dict[str, str]:
    """Return an answer to each of VARIANTS: the one in `answers`, else the default."""
    return {question: answers.get(question, choices[0]) for question, choices in VARIANTS.items()}


def name(combination: dict[str, str]) -> str:
    """Return the name of a combination, usable for a folder or a test: `openai-async-plain`."""
    return "-".join(combination.values())


def core() -> list[dict[str, str]]:
    """Return as few combinations as hold every answer; the first has the default ones."""
    size = max(len(choices) for choices in VARIANTS.values())
    return [
        {question: choices[index % len(choices)] for question, choices in VARIANTS.items()}
        for index in range(size)
    ]


def named(text: str) -> dict[str, str]:
    """Return the combination whose name is `text`. Raises ValueError if there is none."""
    for combination in COMBINATIONS:
        if name(combination) == text:
            return combination
    raise ValueError(
        f"no combination is named {text!r}; they are: {', '.join(map(name, COMBINATIONS))}."
    )
