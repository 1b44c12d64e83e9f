"""A project as it gets to a server, and what its files say."""

import json
from typing import Any

import baking
import checks
import pytest
import yaml

SDK = "openai"
# One process runs all tests of this project.
deploying = pytest.mark.xdist_group("deploying")


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> checks.Checkout:
    """A project with default answers, and what it needs."""
    return checks.install(baking.bake(tmp_path_factory.mktemp("deploying"), {}), SDK)


def read(checkout: checks.Checkout, name: str) -> str:
    return (checkout.project / name).read_text(encoding="utf-8")


def instructions(checkout: checks.Checkout) -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, each with its arguments."""
    text = read(checkout, "Dockerfile").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].strip()) for line in lines]


def command(checkout: checks.Checkout, instruction: str) -> list[str]:
    """Return the command of CMD or HEALTHCHECK, which is a list and so runs without a shell."""
    [arguments] = [rest for name, rest in instructions(checkout) if name == instruction]
    words: list[str] = json.loads(arguments[arguments.index("[") :])
    return words


def compose(checkout: checks.Checkout) -> dict[str, Any]:
    """Return what compose.yaml says."""
    parsed: dict[str, Any] = yaml.safe_load(read(checkout, "compose.yaml"))
    return parsed
