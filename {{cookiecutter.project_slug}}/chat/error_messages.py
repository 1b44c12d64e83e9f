"""The error messages of the page. Each says what happened, then what to do."""

import io
import math
import os
import re
from collections.abc import Callable
from string import Formatter
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError
from dotenv import dotenv_values

from chat.provider import names, proxies
from chat.provider.errors import Kind, ProviderError
from chat.provider.messages import default_model


class RefusedError(Exception):
    """Nothing was begun. Its text is the message for the page."""


INTERNAL = (
    "Something went wrong in this chat itself; the log of the server says what. Retry to ask again."
)
SENTENCES: dict[Kind, str] = {
    "key_missing": "There is no key for {title}. Put it after {key}= {key_place}, then "
    "restart the server.",
    "key_refused": "{title} refused the key. Check {key} {key_place}, then restart the server.",
    "model_unknown": "{title} does not know the model {model}. {model_advice}, then restart the "
    "server.",
    "rate_limited": "{title} takes no more requests for now. Retry {when}.",
    "out_of_credit": "The {title} account is out of credit, or has used up its quota. Add credit "
    "or raise the quota there, then Retry.",
    "overloaded": "{title} is overloaded, or not ready yet. Retry {when}.",
    "server_error": "{title} had an error of its own{said}. Retry {when}.",
    "bad_request": "{title} did not accept the request: {detail}",
    "context_too_long": "This conversation is too long for {model}. Start a New chat; if it is "
    "short already, lower CHAT_MAX_OUTPUT_TOKENS {limit_place}: the reply counts, too.",
    "request_too_large": "What is in front of {title} at {address}{through} takes no request as "
    "large as this conversation: {detail}. Start a New chat, or raise the limit there.",
    "refused": "{title} refused to answer this prompt. Ask in another way.",
    "tool_call": "{title} called a tool that it was not offered. Retry, or ask in another way.",
    "empty": "{title} sent an empty reply. Retry to ask again; if that does not help, start a New "
    "chat: this one may be too long for {model}.",
    "only_reasoning": "{title} sent its reasoning, and no reply. Retry to ask again.",
    "no_room": "The limit of {limit} tokens was reached before the first word of the reply. Raise "
    "CHAT_MAX_OUTPUT_TOKENS {limit_place}, then restart the server and Retry.",
    "cut_off": "The reply was cut off before its end. Retry to ask again.",
    "malformed": "{title} sent something that could not be read. Retry to ask again.",
    "lost": "The connection to {title}{through} was lost. Retry to ask again.",
    "silent": "{title} sent nothing for {idle} seconds. Retry to ask again.",
    "unreachable": "{title} could not be reached at {address}: {detail}. Check the network and "
    "{base_url} {base_url_place}, then Retry.",
    "proxy": "{title} could not be reached{through}: {detail}. Correct {proxy_place}, or add "
    "{host} to NO_PROXY {no_proxy_place} to do without it, then restart the server.",
    "gateway": "What answered at {address}{through} is not the API of {title}, but something in "
    "front of it, such as a gateway, a firewall or a login page: {detail}. Check the network and "
    "{base_url} {base_url_place}, then Retry.",
    "gateway_error": "What answered at {address}{through} is not the API of {title}, but something "
    "in front of it, such as a gateway: {detail}. Retry {when}.",
    "wrong_address": "What answers at {address}{through} is not the API of {title}{said}. Check "
    "{base_url} {base_url_place} ({advice}), then restart the server.",
    "tls": "There is no secure connection to {address}{through}: {detail}. Check {base_url} "
    "{base_url_place} and this computer's certificates, then Retry.",
    "internal": INTERNAL,
}

LENGTH = "The reply stops here: it reached the limit of CHAT_MAX_OUTPUT_TOKENS."
INTERRUPTED = "The reply was interrupted. Retry to ask again."
BUSY = "A reply is still being written. Wait for its end, answer what it asks, or Stop it."
EMPTY = "Type a prompt first."
NOT_TEXT = "This prompt contains a character that is not text, such as U+0000. Remove it."
NO_DATABASE = "The chat cannot reach its database, so nothing was done. Try again soon."
DISK_FULL = "The disk of the chat's database is full, so nothing was done. Tell whoever runs it."
NOT_DONE = (
    "Something went wrong in this chat itself, so nothing was done. The server's log says what."
)
NO_SESSION = "This page has no session. Allow cookies for this site, then reload the page."
NOT_LAST = "This turn is no longer the last one, so it stays as it is. Ask below."  # versions
NOT_OFFERED = "This model cannot be picked. Pick another one."  # models
GONE = "This conversation is gone. Start a New chat."
NOT_CONNECTED = "This page needs a WebSocket connection, and has none. Your prompt was not sent."


def too_long(most: int) -> str:
    """The message for a prompt of more than `most` characters."""
    return f"This prompt is too long: at most {most:,} characters can be sent. Shorten it."


def not_done(error: Exception) -> str:
    """The message for a change that failed in the database, or on the way to it."""
    # The words of SQLite, and of the operating system in what PostgreSQL says.
    if "is full" in str(error) or "No space left" in str(error):
        return DISK_FULL
    # Others are faults of the code or of its migrations, and go on until somebody mends them.
    is_away = isinstance(error, (OperationalError, InterfaceError, OSError))
    return NO_DATABASE if is_away else NOT_DONE


def for_error(error: ProviderError, model: str = "") -> str:
    """The message for an error of `model`, or else of the default one.

    It holds no secret, since `ProviderError.detail` holds none. It may read `.env`: it blocks.
    """
    detail = error.detail
    facts: dict[str, Callable[[], object]] = {
        "title": lambda: names.TITLE,
        "advice": lambda: names.BASE_URL_ADVICE,
        "through": _through,
        "proxy_place": _proxy_place,
        "no_proxy_place": lambda: _place("NO_PROXY"),
        "limit_place": lambda: _place("CHAT_MAX_OUTPUT_TOKENS"),
        "key": lambda: names.KEY_VARIABLE,
        "key_place": lambda: _place(names.KEY_VARIABLE),
        "base_url": lambda: names.BASE_URL_VARIABLE,
        "base_url_place": lambda: _place(names.BASE_URL_VARIABLE),
        "address": _address,
        "host": lambda: urlsplit(settings.CHAT_BASE_URL or names.DEFAULT_BASE_URL).hostname,
        "model": lambda: model or default_model(),
        "model_advice": lambda: _model_advice(model or default_model()),
        "limit": lambda: settings.CHAT_MAX_OUTPUT_TOKENS,
        "idle": lambda: f"{settings.CHAT_IDLE_TIMEOUT_SECONDS:g}",
        "when": lambda: when(error.retry_after),
        "detail": lambda: detail,
        "said": lambda: f" ({detail})" if detail and detail[0] != "<" else "",
    }
    sentence = SENTENCES[error.kind]
    # A place is a line of `.env`, which is read for it.
    named = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    return sentence.format(**{name: facts[name]() for name in named})


def _model_advice(model: str) -> str:
    """Where the name of a model that is not known was read, or can be set."""
    if model in settings.CHAT_MODELS and model != settings.CHAT_MODEL:  # models
        return f"Pick another one, or correct CHAT_MODELS {_place('CHAT_MODELS')}"
    return f"Set CHAT_MODEL {_place('CHAT_MODEL')} to one that your account can use"


def when(seconds: float | None) -> str:
    """Such as "in 20 seconds"; the unit is the largest of which there are at least two."""
    if seconds is None:
        return "in a moment"
    units = {"hour": 3600, "minute": 60}
    unit = next((unit for unit, length in units.items() if seconds >= 2 * length), "second")
    number = seconds / units.get(unit, 1)
    return f"in {math.ceil(number)} {unit}{'' if number <= 1 else 's'}"


def _address() -> str:
    """The base URL without user name, password and query."""
    url = urlsplit(settings.CHAT_BASE_URL or names.DEFAULT_BASE_URL)
    return urlunsplit((url.scheme, url.netloc.rpartition("@")[2], url.path, "", ""))


def _through() -> str:
    proxy = proxies.current()
    return f" through the proxy {proxy.address}" if proxy else ""


def _proxy_place() -> str:
    proxy = proxies.current()
    if proxy is None or not proxy.variable:
        return "this computer's network settings"
    return f"{proxy.variable} {_place(proxy.variable)}"


def _place(variable: str) -> str:
    """Where a variable is set, or where to set it: in a line of `.env`, or in the environment."""
    file = settings.CHAT_ENV_FILE
    if not file.is_file():
        return "in the environment" if os.environ.get(variable) else "in .env"
    # The file may have changed since it was loaded, and may no longer be valid.
    content = file.read_text(encoding="utf-8", errors="replace")
    written = dotenv_values(stream=io.StringIO(content), interpolate=False)
    if os.environ.get(variable, "") != (written.get(variable) or ""):
        return "in the environment"
    setting = re.compile(rf"\s*(export\s+)?'?{variable}'?\s*=")
    lines = enumerate(content.splitlines(), start=1)
    numbers = [number for number, line in lines if setting.match(line)]
    # If several lines set the variable, the last one counts.
    return f"in line {numbers[-1]} of {file.name}" if numbers else f"in {file.name}"
