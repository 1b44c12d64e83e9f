"""Writes the first `.env`. Uses only the standard library: the template's hook runs it, too."""

import os
import secrets
from pathlib import Path


def create(folder: Path, key_variable: str) -> None:
    """Write `.env` into `folder` if there is none: a copy of `.env.example` with a new secret.

    `key_variable` is the variable of the SDK's key. If the environment sets it, its line becomes a
    comment, so that the key is in one place. Only its owner can read the file, on systems that have
    such permissions. Raises `SystemExit` if the file cannot be written.
    """
    path, example = folder / ".env", folder / ".env.example"
    if os.environ.get("DJANGO_ENV_FILE", "").strip() or path.exists() or not example.exists():
        return
    lines = {"DJANGO_SECRET_KEY=": f"DJANGO_SECRET_KEY={secrets.token_urlsafe(50)}"}
    if os.environ.get(key_variable, "").strip():
        lines[f"{key_variable}="] = f"# {key_variable} was found in the environment: left there."
    content = example.read_text(encoding="utf-8").splitlines()
    try:
        path.touch(mode=0o600)
        written = "".join(lines.get(line, line) + "\n" for line in content)
        path.write_text(written, encoding="utf-8", newline="\n")
    except OSError as error:
        raise SystemExit(f"{path} cannot be written: {error.strerror}.") from None
