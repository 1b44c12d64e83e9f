"""What `manage.py check` tells of the chat, each with the line that mends it."""

import importlib.util
import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register

from chat import names


@register(Tags.security)
def check_secret_key(**kwargs: Any) -> list[CheckMessage]:
    if os.environ.get("DJANGO_SECRET_KEY"):
        return []
    kind = Warning if settings.DEBUG else Error
    return [
        kind(
            "DJANGO_SECRET_KEY is not set: every session ends when the server does.",
            hint="Put DJANGO_SECRET_KEY=... into .env, with a value from: python -c "
            '"from django.core.management.utils import get_random_secret_key as k; print(k())"',
            id="chat.E001",
        )
    ]


@register()
def check_provider_key(**kwargs: Any) -> list[CheckMessage]:
    if os.environ.get(names.KEY_VARIABLE) or os.environ.get(names.BASE_URL_VARIABLE):
        return []
    return [
        Info(
            f"{names.KEY_VARIABLE} is not set: `manage.py dev` uses the built-in model.",
            hint=f"Put {names.KEY_VARIABLE}=... into .env to ask {names.TITLE}.",
            id="chat.I001",
        )
    ]


@register()
def check_redis(**kwargs: Any) -> list[CheckMessage]:
    if not settings.REDIS_URL or importlib.util.find_spec("channels_redis"):
        return []
    return [
        Error(
            "REDIS_URL is set, but channels-redis is not installed.",
            hint="pip install channels-redis, or remove REDIS_URL.",
            id="chat.E002",
        )
    ]
