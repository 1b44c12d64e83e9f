"""The tools of this project: which the model may call, and which has a name.

pydantic is imported only where tools are on, with the first of them.
"""

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from chat.provider.messages import ToolSpec

if TYPE_CHECKING:
    from chat.tools.tool import Tool

logger = logging.getLogger(__name__)


def specs() -> tuple[ToolSpec, ...]:
    """Return what the model is told of its tools, sorted by name. With CHAT_TOOL_ROUNDS=0: none."""
    tools = installed() if settings.CHAT_TOOL_ROUNDS else {}
    return tuple(tools[name].spec for name in sorted(tools))


def find(name: str) -> "Tool[..., Any] | None":
    """Return the tool of that name. None if there is none, or with CHAT_TOOL_ROUNDS=0."""
    return installed().get(name) if settings.CHAT_TOOL_ROUNDS else None


@cache
def installed() -> "dict[str, Tool[..., Any]]":
    """Return the tools of all installed apps by their names, without those that have a fault.

    Tests replace this function to offer other tools.
    """
    from chat.tools import discovery

    tools, faults = discovery.discover()
    for fault in faults:
        logger.error("%s It is not offered to the model.", fault.msg)
    return tools
