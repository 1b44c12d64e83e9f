"""Bootstrap and Tailwind CSS are raised, by what npm gives."""

import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest
import stylings
import tailwind

VERSIONS = {"@tailwindcss/cli@4": "4.4.0", "tailwindcss@4": ["4.9.2", "4.10.0", "4.3.5"]}
CSS = "a{color:red}\n/*# sourceMappingURL=bootstrap.min.css.map */\n"


def pack(folder: Path) -> None:
    """What `npm pack` leaves."""
    with tarfile.open(folder / "bootstrap-5.3.99.tgz", "w:gz") as archive:
        for name, text in {
            "package/dist/css/bootstrap.min.css": CSS,
            "package/dist/css/bootstrap.css": "",
            "package/LICENSE": "MIT\n",
        }.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


def npm(
    command: list[str], *, cwd: Path | None = None, **options: object
) -> "subprocess.CompletedProcess[str]":
    """Answer as npm does."""
    match command:
        case ["npm", "pack", "--silent", "bootstrap@5.3"]:
            assert cwd is not None
            pack(Path(cwd))
            return subprocess.CompletedProcess(command, 0)
        case ["npm", "view", range_, "version", "--json"]:
            return subprocess.CompletedProcess(command, 0, json.dumps(VERSIONS[range_]))
    raise AssertionError(command)


def test_both_are_raised_and_the_stylesheet_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package.json"
    package.write_text(stylings.TAILWIND_PACKAGE.read_text(encoding="utf-8"), encoding="utf-8")
    built = []
    monkeypatch.setattr(stylings, "BOOTSTRAP", tmp_path)
    monkeypatch.setattr(stylings, "TAILWIND_PACKAGE", package)
    monkeypatch.setattr(subprocess, "run", npm)
    monkeypatch.setattr(tailwind, "npm", lambda: "npm")
    monkeypatch.setattr(tailwind, "main", lambda: built.append(package.read_text("utf-8")))

    stylings.main()

    assert (tmp_path / "bootstrap.min.css").read_text(encoding="utf-8") == "a{color:red}\n"
    assert (tmp_path / "bootstrap.LICENSE").read_text(encoding="utf-8") == "MIT\n"
    (text,) = built
    assert json.loads(text)["devDependencies"] == {
        "@tailwindcss/cli": "4.4.0",
        "tailwindcss": "4.10.0",
    }


def test_the_copy_of_bootstrap_names_no_source_map() -> None:
    css = (stylings.BOOTSTRAP / "bootstrap.min.css").read_text(encoding="utf-8")

    assert css.startswith('@charset "UTF-8";/*!\n * Bootstrap  v5.3.')
    assert "sourceMappingURL" not in css


def test_without_node_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(SystemExit, match="install Node"):
        stylings.main()


def test_a_package_that_is_not_pinned_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not pin left"):
        stylings.with_version('{"right": "1"}', "left", "2")
