"""The checks of these settings by `manage.py check`. Each hint says what to put into `.env`."""

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from config import env
from config.installing import install_command


@register(Tags.security)
def check_secret_key(**kwargs: Any) -> list[CheckMessage]:
    if env.text("DJANGO_SECRET_KEY"):
        return []
    kind = Warning if settings.DEBUG else Error
    return [
        kind(
            "DJANGO_SECRET_KEY is not set: each process has another, and sessions end with it.",
            hint="Put DJANGO_SECRET_KEY=... into .env (a copy of .env.example), with a value from: "
            'python -c "import secrets; print(secrets.token_urlsafe(50))"',
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
def check_redis(**kwargs: Any) -> list[CheckMessage]:
    if not settings.REDIS_URL or find_spec("redis"):
        return []
    return [
        Error(
            "REDIS_URL is set, but redis is not installed.",
            hint=f"{install_command()}, or remove REDIS_URL.",
            id="chat.E002",
        )
    ]


@register()
def check_metrics(**kwargs: Any) -> list[CheckMessage]:  # metrics
    if settings.CHAT_METRICS_ADDRESS is None or find_spec("prometheus_client"):
        return []
    return [
        Error(
            "CHAT_METRICS_ADDRESS is set, but prometheus-client is not installed.",
            hint=f"{install_command()}, or remove CHAT_METRICS_ADDRESS.",
            id="chat.E004",
        )
    ]
