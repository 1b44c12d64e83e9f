"""The chat's settings, as they are where a site's settings do not name them.

`config/settings.py` names them all. A site that has taken in `chat/` names those that it changes.
"""

import os
from pathlib import Path
from typing import Any

from django.conf import settings

from chat.provider import names


def defaults() -> dict[str, Any]:
    """Return each setting of the chat with its default value."""
    folder = Path(getattr(settings, "BASE_DIR", Path.cwd()))
    return {
        # These two are the variables that the SDK reads as well.
        "CHAT_API_KEY": os.environ.get(names.KEY_VARIABLE, "").strip(),
        "CHAT_BASE_URL": os.environ.get(names.BASE_URL_VARIABLE, "").strip(),
        "CHAT_BUILT_IN_MODEL": None,
        "CHAT_BUILT_IN_RECORD": "",
        "CHAT_CACHE_SECONDS": 0,  # cache
        "CHAT_DAILY_TOKENS_PER_USER": 0,  # limits
        "CHAT_DELETE_AFTER_DAYS": 0,  # export
        "CHAT_DISCONNECT_GRACE_SECONDS": 10.0,
        "CHAT_ENV_FILE": folder / ".env",
        "CHAT_IDLE_TIMEOUT_SECONDS": 60.0,
        "CHAT_LOCKS": folder / "locks",
        "CHAT_LOGIN_REQUIRED": False,
        "CHAT_MAX_OUTPUT_TOKENS": 4096,
        "CHAT_MAX_PROMPT_CHARS": 8000,
        "CHAT_METRICS_ADDRESS": None,  # metrics
        "CHAT_MODEL": "",
        "CHAT_MODELS": [],  # models
        "CHAT_REDIS_URL": "",  # bus
        "CHAT_REQUESTS_PER_MINUTE": 0,  # limits
        "CHAT_SOCKET_PATH": "/ws/live/",
        "CHAT_SYSTEM_PROMPT": "",
        "CHAT_TOOL_ROUNDS": 5,  # tools
        "CHAT_VISITOR_COOKIE": "chat_visitor",
    }


def apply() -> None:
    """Add to the settings those that they lack."""
    for name, value in defaults().items():
        if not hasattr(settings, name):
            setattr(settings, name, value)
