"""The checks of `manage.py check`. Each hint says what to put into `.env`, or what to install."""

import importlib.util
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register

from chat.provider import names
from config import env


@register(Tags.security)
def check_secret_key(**kwargs: Any) -> list[CheckMessage]:
    if env.text("DJANGO_SECRET_KEY"):
        return []
    kind = Warning if settings.DEBUG else Error
    return [
        kind(
            "DJANGO_SECRET_KEY is not set: all sessions end when the server stops.",
            hint="Put DJANGO_SECRET_KEY=... into .env (a copy of .env.example), with a value from: "
            "python -c "
            '"from django.core.management.utils import get_random_secret_key as k; print(k())"',
            id="chat.E001",
        )
    ]


@register()
def check_hosts(**kwargs: Any) -> list[CheckMessage]:
    hosts = settings.ALLOWED_HOSTS
    if (hosts or settings.DEBUG) and not any("/" in host for host in hosts):
        return []
    return [
        Error(
            f"DJANGO_ALLOWED_HOSTS {'holds an address, not a name' if hosts else 'is not set'}: "
            "every page is answered with 400, Bad Request.",
            hint="Put DJANGO_ALLOWED_HOSTS=chat.example.com, with the names of your host, into "
            ".env. On your own machine, put DJANGO_DEBUG=true there instead.",
            id="chat.E003",
        )
    ]


@register()
def check_provider_key(**kwargs: Any) -> list[CheckMessage]:
    if settings.CHAT_API_KEY:
        return []
    if settings.CHAT_BASE_URL:
        return [
            Warning(
                f"{names.KEY_VARIABLE} is not set: without a key, no request is sent to "
                f"{names.BASE_URL_VARIABLE}.",
                hint=f"Put {names.KEY_VARIABLE}=... into .env; any word if no key is needed.",
                id="chat.W001",
            )
        ]
    if not settings.DEBUG:
        return [
            Warning(
                f"{names.KEY_VARIABLE} is not set: the chat cannot reply.",
                hint=f"Put {names.KEY_VARIABLE}=... into .env to ask {names.TITLE}.",
                id="chat.W002",
            )
        ]
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
            hint="python -m pip install channels-redis, or remove REDIS_URL.",
            id="chat.E002",
        )
    ]


@register(Tags.security, deploy=True)
def check_who_may_spend(**kwargs: Any) -> list[CheckMessage]:
    if settings.CHAT_LOGIN_REQUIRED:
        return []
    return [
        Warning(
            "Anyone who opens the page can send prompts, and you pay for the replies.",
            hint="Put CHAT_LOGIN_REQUIRED=true into .env, or limit access in front of the server.",
            id="chat.W003",
        )
    ]
