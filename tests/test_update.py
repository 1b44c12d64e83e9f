"""`cruft update` brings what is new in the template, and keeps what is the project's own."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import answers as questions
import checks
import pytest
from parts import files

PROJECT = "{{cookiecutter.project_slug}}"
ANSWERS = {"project_name": "Kept", "cancellation": "thread", "styling": "bootstrap"}
SDK = questions.CHOICES["provider_sdk"][0]
MODEL = questions.CONTEXT["_sdk"][SDK]["model"]
# The commands of the README, for a test that nobody can answer.
CREATE = ["create", "--no-input", "--default-config", f"--extra-context={json.dumps(ANSWERS)}"]
UPDATE = ["update", "--skip-apply-ask"]
NOT_OF_THE_TEMPLATE = {".git", ".cruft.json", ".env", "db.sqlite3", "__pycache__", "mine.py"}
ADD_CONVERSATION = (
    "from chat.models import Conversation; "
    "Conversation.objects.create(visitor='me').turns.create(prompt='kept')"
)


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody whose own configuration does not matter, and return its output."""
    nobody = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.com"]
    return subprocess.run(
        ["git", *nobody, *arguments], cwd=folder, check=True, capture_output=True, encoding="utf-8"
    ).stdout


def cruft(folder: Path, *arguments: str) -> str:
    """Run cruft, and return what it printed."""
    run = subprocess.run(
        [sys.executable, "-m", "cruft", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stdout
    return run.stdout


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=x")


def append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, file
    file.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def write_newest(template: Path) -> None:
    """Fill the folder of a template's repository with the template as it is."""
    for entry in template.iterdir():
        if entry.name != ".git":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    names = ["cookiecutter.json", "hooks", "templates", PROJECT]
    for source in [questions.ROOT / name for name in names]:
        if source.is_dir():
            caches = shutil.ignore_patterns("__pycache__", ".*_cache")
            shutil.copytree(source, template / source.name, ignore=caches)
        else:
            shutil.copy(source, template)


def make_older(template: Path) -> None:
    """Change what is there so that the newest version adds, changes and removes files."""
    append(template / PROJECT / "README.md", "\nAn older end.\n")
    append(template / "templates" / "cancellation" / "thread" / "reader.py", "# An older end.\n")
    append(template / PROJECT / "chat" / "older.py", '"""Of an older version only."""\n')
    (template / PROJECT / "AGENTS.md").unlink()
    replace(template / "cookiecutter.json", MODEL, "an-older-model")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A repository with an older version of the template."""
    folder = tmp_path / "template"
    folder.mkdir()
    git(folder, "init", "--quiet")
    write_newest(folder)
    make_older(folder)
    commit(folder)
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    """A project that was made from the older version, in a repository of its own."""
    cruft(tmp_path, *CREATE, str(template))
    folder = tmp_path / "kept"
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def of_the_template(folder: Path) -> dict[Path, bytes]:
    """Return what the template has written, or would write again."""
    return {
        file: content
        for file, content in files(folder).items()
        if NOT_OF_THE_TEMPLATE.isdisjoint(file.parts)
    }


def test_an_update_keeps_what_is_mine_and_brings_what_is_new(
    template: Path, project: Path, tmp_path: Path
) -> None:
    assert "CHAT_MODEL=an-older-model" in (project / ".env.example").read_text(encoding="utf-8")
    newest = tmp_path / "newest"
    newest.mkdir()
    write_newest(template)
    commit(template)
    cruft(newest, *CREATE, str(template))
    checkout = checks.Checkout(project, checks.install(newest / "kept", SDK).python)
    checkout.output("manage.py", "migrate", "--verbosity=0")
    checkout.output("manage.py", "shell", "-c", ADD_CONVERSATION)
    append(project / ".env", "CHAT_MODEL=mine\n")
    replace(project / "README.md", "# Kept\n", "# Kept, and mine\n")
    append(project / "chat" / "mine.py", '"""Mine."""\n')
    commit(project)
    env = (project / ".env").read_bytes()

    cruft(project, *UPDATE)

    assert (project / ".env").read_bytes() == env
    assert (project / "chat" / "mine.py").read_text(encoding="utf-8") == '"""Mine."""\n'
    with closing(sqlite3.connect(project / "db.sqlite3")) as database:
        assert database.execute("select prompt from chat_turn").fetchall() == [("kept",)]
    replace(project / "README.md", "# Kept, and mine\n", "# Kept\n")
    assert of_the_template(project) == of_the_template(newest / "kept")
    checkout.output("manage.py", "migrate", "--check")
    # The project is another's twin now, whose own tests run elsewhere: some are enough here.
    checkout.output("-m", "pytest", "-q", "tests/test_queries.py", "tests/page/test_views.py")


def test_what_both_sides_changed_is_left_to_merge(template: Path, project: Path) -> None:
    replace(project / "README.md", "An older end.", "An end of mine.")
    commit(project)
    write_newest(template)
    commit(template)

    cruft(project, *UPDATE)

    text = (project / "README.md").read_text(encoding="utf-8")
    assert "<<<<<<< ours\n\nAn end of mine.\n" in text
    assert (project / "AGENTS.md").is_file()
    assert "UU README.md" in git(project, "status", "--porcelain").splitlines()
