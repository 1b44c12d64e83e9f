"""The template's questions, as cookiecutter.json asks them."""

import json
from itertools import combinations, product
from pathlib import Path

import supported_python  # noqa: F401  first of all: what follows needs a newer Python

ROOT = Path(__file__).resolve().parent.parent
CONTEXT = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
QUESTIONS = [key for key in CONTEXT if not key.startswith("_")]
CHOICES: dict[str, list[str]] = {
    key: CONTEXT[key] for key in QUESTIONS if isinstance(CONTEXT[key], list)
}
COMBINATIONS = [dict(zip(CHOICES, answers, strict=True)) for answers in product(*CHOICES.values())]


def check(answers: dict[str, str]) -> None:
    """Raise ValueError if a question is unknown, or an answer is not among its choices.

    cookiecutter itself ignores an unknown question, and bakes the default in silence.
    """
    for question, answer in answers.items():
        if question not in QUESTIONS:
            raise ValueError(f"{question} is not a question; they are: {', '.join(QUESTIONS)}.")
        if answer not in CHOICES.get(question, [answer]):
            choices = ", ".join(CHOICES[question])
            raise ValueError(f"{question} has no answer {answer!r}; it has: {choices}.")


def combination(answers: dict[str, str]) -> dict[str, str]:
    """Return one answer to each question of choice: from `answers`, else the default."""
    return {question: answers.get(question, choices[0]) for question, choices in CHOICES.items()}


def name(combination: dict[str, str]) -> str:
    """Return a name for a combination, fit for a folder or a test: `openai-async-plain`."""
    return "-".join(combination.values())


def most_telling_first() -> list[dict[str, str]]:
    """Return all combinations, each with as many answers, then pairs, as can be new with it."""
    left = list(COMBINATIONS)
    ordered: list[dict[str, str]] = []
    seen: set[tuple[tuple[str, str], ...]] = set()
    while left:
        ordered.append(max(left, key=lambda each: [len(groups(each, n) - seen) for n in (1, 2)]))
        left.remove(ordered[-1])
        seen |= groups(ordered[-1], 1) | groups(ordered[-1], 2)
    return ordered


def groups(combination: dict[str, str], size: int) -> set[tuple[tuple[str, str], ...]]:
    """Return its answers, so many at a time."""
    return set(combinations(combination.items(), size))


def named(text: str) -> dict[str, str]:
    """Return the combination whose name is `text`. Raises ValueError if there is none."""
    for combination in COMBINATIONS:
        if name(combination) == text:
            return combination
    raise ValueError(
        f"no combination is named {text!r}; they are: {', '.join(map(name, COMBINATIONS))}."
    )
