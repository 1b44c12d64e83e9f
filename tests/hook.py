"""Render a hook as cookiecutter does, and import it."""

import importlib.util
from pathlib import Path
from types import ModuleType

import answers as questions
from cookiecutter.prompt import prompt_for_config
from cookiecutter.utils import create_env_with_context


def load(name: str, folder: Path, **answers: str) -> ModuleType:
    """Return the module hooks/<name>.py, rendered into `folder` with `answers`.

    It is not the main module, so importing it does nothing yet.
    """
    context = {"cookiecutter": {**questions.CONTEXT, **answers}}
    rendered = {"cookiecutter": prompt_for_config(context, no_input=True)}
    source = (questions.ROOT / "hooks" / f"{name}.py").read_text(encoding="utf-8")
    file = folder / f"{name}.py"
    text = create_env_with_context(rendered).from_string(source).render(**rendered)
    file.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
