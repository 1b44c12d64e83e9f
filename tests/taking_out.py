"""Takes an extra out of a project by the steps of its document, as its owner would."""

import ast
import re
import shutil
from pathlib import Path

# What is left of an import when each of its names went with an extra.
EMPTY_IMPORT = re.compile(r"^from \S+ import \(\n\)\n", re.MULTILINE)


def take_out(project: Path, extra: str, document: str, heading: str = "Take it out") -> None:
    """Follow the section `heading` of `document`, up to its commands.

    Raises AssertionError if it names a file that is not there, or if no line is marked.
    """
    text = (project / document).read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    section = text.partition("\n## ")[0]
    first, rest = section.split("\n2. ")
    names = re.findall(r"`([^`]+)`", first) + ([document] if "this file" in first else [])
    for name in names:
        path = project / name
        assert path.exists(), f"{document} names {name}"
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    files = [*project.rglob("*.py"), *project.rglob("*.html")]
    changed = [file for file in files if _delete_marked(file, extra)]
    assert changed
    settings = set(re.findall(r"`(CHAT_[A-Z_]+)`", rest))
    for name in (".env.example", ".env", "README.md"):
        file = project / name
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not any(setting in line for setting in settings)]
        file.write_text("".join(kept), encoding="utf-8")


def _delete_marked(file: Path, extra: str) -> bool:
    """Delete the marked lines of a file, with the blocks that they begin. Whether there are any."""
    text = file.read_text(encoding="utf-8")
    mark = re.compile(rf"# {extra}( #}})?$")
    lines = text.splitlines(keepends=True)
    marked = [number for number, line in enumerate(lines, 1) if mark.search(line.rstrip())]
    blocks = _blocks(text) if file.suffix == ".py" else {}
    dead = {line for number in marked for line in blocks.get(number, range(number, number + 1))}
    rest = "".join(line for number, line in enumerate(lines, 1) if number not in dead)
    file.write_text(EMPTY_IMPORT.sub("", rest), encoding="utf-8")
    return bool(marked)


def _blocks(text: str) -> dict[int, range]:
    """For the line on which each statement begins: its lines, those of its decorators included."""
    found: dict[int, range] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt) and node.end_lineno is not None:
            decorators = getattr(node, "decorator_list", [])
            start = min([node.lineno, *(each.lineno for each in decorators)])
            found.setdefault(node.lineno, range(start, node.end_lineno + 1))
    return found
