"""Which check runs for which combination of answers. Why these are enough for all of them:
docs/decisions.md, "How 18 follows". tests/test_dependence.py proves what it stands on.
"""

from pathlib import Path

import answers as questions
import checks

# How many processes of pytest-xdist the own tests of one project take, beside the three
# that scripts/test.py starts: none, they run in the one that runs pytest.
INNER_PROCESSES = 0

PAIR_TESTS = "pair-tests"
# The browser tests that are a part of PAIR_TESTS: prompts, replies, Stop and Retry on a page.
SMOKE = Path("tests", "browser", "test_conversation.py")

EVERY = questions.COMBINATIONS
# As few combinations as hold every answer.
CORE = questions.core()
# Each provider SDK with each strategy, and the default answers to all else.
PAIRS = [
    questions.combination({"provider_sdk": sdk, "cancellation": cancellation})
    for sdk in questions.CHOICES["provider_sdk"]
    for cancellation in questions.CHOICES["cancellation"]
]


def pair(combination: dict[str, str]) -> tuple[str, str]:
    """Return the answers that decide which Python a project holds."""
    return combination["provider_sdk"], combination["cancellation"]


FURTHER_PAIRS = [each for each in PAIRS if pair(each) not in map(pair, CORE)]

WHERE = {
    "ruff-check": EVERY,
    "ruff-format": EVERY,
    "system-checks": EVERY,
    "migrations": PAIRS,
    "mypy": PAIRS,
    checks.OWN_TESTS: CORE,
    PAIR_TESTS: FURTHER_PAIRS,
}
# Those whose tests take longest come first, so that none of them is begun last.
IN_ORDER = [*CORE, *FURTHER_PAIRS]
IN_ORDER += [each for each in EVERY if each not in IN_ORDER]
RUNS = [(each, check) for each in IN_ORDER for check in WHERE if each in WHERE[check]]


def pair_tests(project: Path) -> list[str]:
    """Return pytest's arguments for a project's own tests without a browser, and the smoke test."""
    in_browser = [file.relative_to(project) for file in (project / SMOKE).parent.glob("test_*.py")]
    return [f"--ignore={file.as_posix()}" for file in sorted(in_browser) if file != SMOKE]
