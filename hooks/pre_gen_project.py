"""Refuse what cannot work or would lose something, before cookiecutter writes any file.

cookiecutter renders this file and runs it alone in the project's folder, so it uses only the
standard library. The folder is empty, unless `-f` lets cookiecutter overwrite a project.
"""

import json
import re
import sys
import unicodedata
from pathlib import Path

# Parsed as JSON, so that an answer with quotes or backslashes cannot become code.
ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")

MAX_SLUG_LENGTH = 50
ONE_LINE_ANSWERS = ("project_name", "project_slug", "description", "author_name")
# Control characters, surrogates (Python's form of command-line bytes that are not text), and line
# and paragraph separators.
REFUSED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
# Invisible characters: spaces and format characters.
BLANK_CATEGORIES = {"Cf", "Zs"}
# What may be in the folder already: the template writes none of it, or keeps it.
KEPT = {".env", ".git", ".venv", "db.sqlite3"}


def refusal(answers: dict[str, str], reserved_slugs: list[str]) -> str | None:
    """Return an ASCII message that says what to type instead, or None if all answers work."""
    for question in ONE_LINE_ANSWERS:
        if any(unicodedata.category(char) in REFUSED_CATEGORIES for char in answers[question]):
            return (
                f"{question} holds a line break or another control character: "
                "type it as one line of text."
            )
    if all(unicodedata.category(char) in BLANK_CATEGORIES for char in answers["project_name"]):
        return (
            "project_name is blank, and it is the title of the page: "
            'type a name such as project_name="My Chat".'
        )
    slug = answers["project_slug"]
    suggestion = working_slug(slug, reserved_slugs)
    # Package indexes treat several hyphens in a row as one.
    if re.sub("-+", "-", slug) in reserved_slugs:
        return (
            f"project_slug {slug} is the name of a package that the project installs, or of a "
            f"device on Windows: type project_slug={suggestion} instead."
        )
    if len(slug) > MAX_SLUG_LENGTH or not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", slug):
        return (
            f"project_slug {slug!a} is not made of at most {MAX_SLUG_LENGTH} lower-case "
            f"letters, digits and inner hyphens: type project_slug={suggestion} instead."
        )
    return None


def overwriting(folder: Path) -> str | None:
    """Return a message that says what to do if `folder` holds files, or None if none gets lost."""
    found = sorted(path.name for path in folder.iterdir() if path.name not in KEPT)
    if not found:
        return None
    return (
        f"{folder.name} holds {found[0]!a}: changes in it would be lost, and files of other "
        "answers would stay. Nothing was changed. Bake into another folder (-o FOLDER), move this "
        "one away, or, if cruft has made the project, type: cruft update"
    )


def working_slug(text: str, reserved_slugs: list[str]) -> str:
    """Return a slug that `refusal` accepts and that resembles `text`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG_LENGTH].rstrip("-") or "my-chat"
    return f"{slug}-chat" if slug in reserved_slugs else slug


if __name__ == "__main__":
    sentence = refusal(ANSWERS, ANSWERS["_reserved_slugs"]) or overwriting(Path.cwd())
    if sentence:
        sys.exit(sentence)
