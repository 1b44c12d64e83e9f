"""The check of the tools by `manage.py check`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, register


@register()
def check_tools(**kwargs: Any) -> list[CheckMessage]:
    if not settings.CHAT_TOOL_ROUNDS:
        return []
    # Imported here because it imports pydantic, which takes half a second.
    from chat.tools import discovery

    return [*discovery.discover()[1]]
