"""docs/export.md describes the JSON file as it is."""

import json
import re
from typing import Any

import pytest
from django.conf import settings

from chat.export import archive
from chat.tools.models import ToolCall  # tools
from tests.conversation_rows import ME, conversation_of, said

pytestmark = pytest.mark.django_db


def keys(document: Any) -> Any:
    """The names in a document, without its values."""
    if isinstance(document, list):
        return [keys(item) for item in document]
    if isinstance(document, dict):
        return {name: keys(value) for name, value in document.items()}
    return None


def test_the_example_has_the_keys_of_the_file() -> None:  # tools
    text = (settings.BASE_DIR / "docs" / "export.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```json\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    document = json.loads(example)
    assert document["version"] == archive.VERSION
    assert document.keys() == {"version", "exported_at", "conversations"}
    reply = said(conversation_of(ME), "a prompt", call_count=1, input_tokens=1, output_tokens=2)
    ToolCall.objects.create(reply=reply, round=0, position=0, status=ToolCall.Status.RUNNING)
    piece = json.loads(archive._piece(ME, [reply.conversation_id]))
    # The list of conversations can be taken out, and with it the titles.
    assert keys(document["conversations"][0]) == {"title": None, **keys(piece)}


def test_every_count_is_explained() -> None:
    text = (settings.BASE_DIR / "docs" / "export.md").read_text(encoding="utf-8")
    assert [name for name in archive.COUNTS if f"`{name}`" not in text] == []
