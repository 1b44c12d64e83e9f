"""The commands in the documents work: each is run, or stands in NOT_RUN with its reason.

A command is a line of a fenced block that names no language, and is neither a line of .env nor
what a program printed.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import answers as questions
import baking
import checks
import pytest
from ports import free_port
from serving import get_when_up

PROJECT = questions.ROOT / "{{cookiecutter.project_slug}}"
DOCUMENTS = [
    questions.ROOT / "README.md",
    questions.ROOT / "CONTRIBUTING.md",
    *sorted((questions.ROOT / "maintenance").rglob("*.md")),
    *sorted((questions.ROOT / "docs").glob("*.md")),
    *sorted(PROJECT.glob("*.md")),
    PROJECT / "docs" / "deploy.md",
    *sorted((questions.ROOT / "templates").rglob("*.md")),
]
ENV_LINE = re.compile(r"([A-Z_]+)=")
# Whose user is not there in a test.
AS_THE_SERVER = "runuser -u chat -- "
PROMPT = re.compile(r"^( +(?:\[\d/\d\]|Choose).*\)):(?: (.+))?$", re.MULTILINE)
TEMPLATE = "path/to/cookiecutter-djust-chat"
ADDRESS = "https://github.com/OWNER/cookiecutter-djust-chat"
# What the hook prints elsewhere, and there.
ON_WINDOWS = {
    "python3 -m venv": "py -m venv",
    ".venv/bin/python": r".venv\Scripts\python",
    "ask-the-library/.env": r"ask-the-library\.env",
}

NOT_RUN = {
    "python3 scripts/try.py": "tests/test_scripts.py runs it on a free port",
    "python3 scripts/try.py cancellation=thread 8001 --no-browser": "the same, with answers",
    "python3 maintenance/screenshots.py": "it takes minutes; tests/test_scripts.py takes some",
    "python3 maintenance/screenshots.py plain --only streaming failed": "the same",
    "python3 scripts/test.py": "it runs this very test",
    "python3 maintenance/faults.py": "it takes long; tests/test_fault_table.py reads its table",
    "python3 maintenance/faults.py Stop scroll.js": "the same",
    "python3 maintenance/renew.py": "it changes the pins; tests/test_workflows.py reads its steps",
    "python3 scripts/verify.py openai-thread-plain path/to/folder": "tests/test_verify.py runs it",
    f"git clone {ADDRESS}": "it is in the test's own clone",
    "python3 cookiecutter-djust-chat/scripts/try.py": "tests/test_scripts.py runs it",
    "cd /srv/my-chat": "the folder of a server",
    "uvx cookiecutter gh:OWNER/cookiecutter-djust-chat": (
        "cookiecutter is run for the transcript below it"
    ),
    f"uvx cruft create {ADDRESS}": "tests/test_update.py runs cruft",
    "uvx cruft update": "tests/test_update.py runs cruft",
    "python -m exercises.handout make": "tests/test_handout.py runs it, for one system",
    "python -m exercises.handout check workshop-chat-handout.zip": "the same",
    "uv run python -m pytest": "tests/test_baked_project.py runs it",
    "uv venv": "tests/test_installing.py runs it",
    "uv pip install --offline --no-deps -r requirements-dev.txt": (
        "tests/test_installing.py runs it"
    ),
    "uv run --no-sync python manage.py dev": "tests/test_installing.py runs it, with check for dev",
    ".venv/bin/python manage.py createsuperuser": "it asks; Django's own command",
    "python -m pytest": "tests/test_baked_project.py runs it",
    "python -m pytest --ignore=tests/browser": "the same, and those in the browser",
    "mypy .": "the same, for every combination",
    "uv run mypy .": "the same, for every combination",
}
# Programs that act on a machine which is a server. Which of them are tried, and where:
# docs/decisions.md, "The image is not built by the tests".
OF_A_SERVER = {"apt-get", "certbot", "curl", "docker", "git", "install", "nginx", "openssl", "rm"}
OF_A_SERVER |= {"mv", "runuser", "systemctl", "useradd"}
# What serves for ever: how it is given another port, and a page that it answers.
SERVED = {
    "manage.py dev": (["{port}"], "healthz"),
    "fake_model": (["--port", "{port}"], "record"),
    "config.asgi:application": (["--port", "{port}"], "healthz"),
}


def blocks(document: Path) -> list[str]:
    """Return the fenced blocks of a document that name no language, also those within a list."""
    text = document.read_text(encoding="utf-8")
    found = re.findall(r"^( *)```([^\n]*)\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for _, language, block in found if language == ""]


def commands() -> list[str]:
    """Return each command of the documents once, without its comment."""
    lines = [
        shlex.join(shlex.split(command, comments=True)) if "#" in command else command
        for document in DOCUMENTS
        for block in blocks(document)
        if not PROMPT.search(block)
        for line in block.splitlines()
        for command in line.removesuffix(" &&").removeprefix(AS_THE_SERVER).split(" && ")
        if not ENV_LINE.match(line)
    ]
    return list(dict.fromkeys(lines))


def is_run(command: str) -> bool:
    """Return whether a test runs the command."""
    return command not in NOT_RUN and command.split()[0] not in OF_A_SERVER


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> checks.Checkout:
    """A project with default answers, what it needs, and the tables that a server needs."""
    project = baking.bake(tmp_path_factory.mktemp("documents"), {})
    checkout = checks.install(project, questions.CHOICES["provider_sdk"][0])
    checkout.output("manage.py", "migrate")
    # Where docs/deploy.md puts the database of a server.
    (project / "data").mkdir()
    shutil.copy(project / "db.sqlite3", project / "data" / "db.sqlite3")
    return checkout


def runnable(command: str, checkout: checks.Checkout, elsewhere: Path) -> tuple[list[str], Path]:
    """Return a command with the programs and paths of this machine, and the folder to run it in.

    What says `path/to` the template is run `elsewhere`.
    """
    program, *arguments = shlex.split(command.removeprefix("uv run "))
    folder = elsewhere if TEMPLATE in arguments else checkout.project
    arguments = [str(questions.ROOT) if word == TEMPLATE else word for word in arguments]
    project_python, template_python = str(checkout.python), sys.executable
    if program == "python3" and arguments[0] == "scripts/test.py":
        return [template_python, *arguments, "--collect-only", "-q"], questions.ROOT
    if program in ("python", "python3", "/usr/bin/python3", ".venv/bin/python"):
        return [project_python, *arguments], folder
    if program in ("ruff", "mypy", "uvicorn"):
        return [project_python, "-m", program, *arguments], folder
    if program in ("uv", "cookiecutter"):
        return [template_python, "-m", program, *arguments], folder
    return [program, *arguments], folder


# In one process, since some of them write into the project.
@pytest.mark.xdist_group("documents")
@pytest.mark.parametrize("command", [line for line in commands() if is_run(line)])
def test_it_works(command: str, checkout: checks.Checkout, tmp_path: Path) -> None:
    words, folder = runnable(command, checkout, tmp_path)
    for served, (arguments, page) in SERVED.items():
        if served in command:
            port = free_port()
            words += [argument.format(port=port) for argument in arguments]
            with subprocess.Popen(words, cwd=folder, env=checkout.environ()) as server:
                try:
                    get_when_up(f"http://127.0.0.1:{port}/{page}", server)
                finally:
                    server.terminate()
            return
    run = subprocess.run(
        words,
        cwd=folder,
        env=checkout.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    assert run.returncode == 0, run.stdout


def test_what_is_not_run_is_in_a_document() -> None:
    assert NOT_RUN.keys() <= set(commands())
    assert {command.split()[0] for command in commands()} >= OF_A_SERVER


def test_every_script_that_is_not_run_is_there() -> None:
    for command in NOT_RUN:
        for word in shlex.split(command):
            if word.startswith(("scripts/", "maintenance/")):
                assert (questions.ROOT / word).is_file(), command


def test_no_table_is_split(checkout: checks.Checkout) -> None:
    for document in [*checkout.project.glob("docs/*.md"), checkout.project / "README.md"]:
        for paragraph in document.read_text(encoding="utf-8").split("\n\n"):
            lines = paragraph.strip("\n").splitlines()
            if lines and lines[0].startswith("|"):
                assert lines[1].startswith("|--"), f"{document.name}: {lines[0]}"


def test_every_line_of_env_is_known() -> None:
    lines = [
        line
        for document in DOCUMENTS
        for block in blocks(document)
        for line in block.splitlines()
        if ENV_LINE.match(line)
    ]
    example = (PROJECT / ".env.example").read_text(encoding="utf-8")
    sdks = questions.CONTEXT["_sdk"].values()
    known = {*re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)}
    known |= {sdk[name] for sdk in sdks for name in ("key", "base_url")}

    assert lines
    assert {line.partition("=")[0] for line in lines} <= known


def test_the_transcript_is_what_cookiecutter_prints(tmp_path: Path) -> None:
    (transcript,) = [
        block for document in DOCUMENTS for block in blocks(document) if PROMPT.search(block)
    ]
    typed = [typed for _, typed in PROMPT.findall(transcript)]
    run = subprocess.run(
        [sys.executable, "-m", "cookiecutter", "--default-config", str(questions.ROOT)],
        input="".join(f"{line}\n" for line in typed),
        cwd=tmp_path,
        env={**checks.Checkout(tmp_path, Path(sys.executable)).environ(), "COLUMNS": "200"},
        capture_output=True,
        encoding="utf-8",
    )

    assert run.returncode == 0, run.stderr
    # What is typed is not printed where no terminal is.
    expected = PROMPT.sub(r"\1:", transcript)
    if os.name == "nt":
        for here, there in ON_WINDOWS.items():
            expected = expected.replace(here, there)
    assert run.stdout.split() == expected.split()
    assert (tmp_path / "ask-the-library" / "manage.py").is_file()
