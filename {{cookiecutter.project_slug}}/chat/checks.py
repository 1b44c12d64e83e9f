"""The checks of the chat by `manage.py check`. Each hint says what to put into `.env`."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, Warning, register

from chat import model_choice  # models
from chat.provider import names, proxies


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
    # The command `dev`, and with it the built-in model, comes with this project's config/.
    if not (settings.DEBUG and apps.is_installed("config")):
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
def check_proxy(**kwargs: Any) -> list[CheckMessage]:
    proxy = proxies.current()
    # Without a key and an address, the built-in model is asked, and that through no proxy.
    is_asked = settings.CHAT_API_KEY or settings.CHAT_BASE_URL
    if proxy is None or not proxy.fault or not is_asked:
        return []
    variable = proxy.variable or "the proxy in the network settings"
    return [
        Warning(
            f"The proxy {proxy.address} cannot be used: {proxy.fault}.",
            hint=f"Correct {variable}, or add the host of {names.BASE_URL_VARIABLE} to NO_PROXY.",
            id="chat.W007",
        )
    ]


@register()
def check_models(**kwargs: Any) -> list[CheckMessage]:  # models
    model, models = settings.CHAT_MODEL, settings.CHAT_MODELS
    if not model or not models or model in models:
        return []
    return [
        Warning(
            f"CHAT_MODEL is {model}, which is not in CHAT_MODELS: it may be picked as well.",
            hint=f"Put CHAT_MODELS={','.join(model_choice.offered())} into .env, or remove "
            "CHAT_MODEL: the first of CHAT_MODELS is then the default.",
            id="chat.W008",
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


@register(Tags.security, deploy=True)
def check_passwords(**kwargs: Any) -> list[CheckMessage]:
    if settings.AUTH_PASSWORD_VALIDATORS or not settings.CHAT_LOGIN_REQUIRED:
        return []
    return [
        Warning(
            "AUTH_PASSWORD_VALIDATORS is empty: users may choose any password, such as 1.",
            hint="Put Django's validators into the settings, as `startproject` does.",
            id="chat.W006",
        )
    ]
