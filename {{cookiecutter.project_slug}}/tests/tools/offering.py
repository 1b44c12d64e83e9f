"""Offers the model other tools than those of the project."""

from typing import Any

import pytest

from chat.tools import registry
from chat.tools.tool import Tool


def offer(monkeypatch: pytest.MonkeyPatch, *tools: Tool[..., Any]) -> None:
    """Offer `tools` and no others until the test ends."""
    monkeypatch.setattr(registry, "installed", lambda: {tool.name: tool for tool in tools})
