"""The sentence a person reads for each kind of failure: what happened, then what to do."""

import math
import os

from django.conf import settings

from chat import names
from chat.errors import Kind, ProviderError

SENTENCES: dict[Kind, str] = {
    "key_missing": "There is no key for {title}. Put {key}=... into .env and restart the server.",
    "key_refused": "{title} refused the key. Check {key} {where}, then restart the server.",
    "model_unknown": "{title} does not know the model {model}. Set CHAT_MODEL in .env to one that "
    "your account can use, then restart the server.",
    "rate_limited": "{title} takes no more requests for now. Retry {when}.",
    "out_of_credit": "The {title} account is out of credit. Add credit there, then Retry.",
    "overloaded": "{title} is overloaded. Retry {when}.",
    "server_error": "{title} had an error of its own. Retry {when}.",
    "bad_request": "{title} did not accept the request: {detail}",
    "context_too_long": "This conversation is too long for {model}. Start a New chat.",
    "refused": "{title} refused to answer this prompt. Ask in another way.",
    "cut_off": "The reply was cut off before its end. Retry to ask again.",
    "malformed": "{title} sent something that could not be read. Retry to ask again.",
    "lost": "The connection to {title} was lost. Retry to ask again.",
    "silent": "{title} sent nothing for {idle} seconds. Retry to ask again.",
    "unreachable": "{title} could not be reached at {address}. Check the network and "
    "{base_url}, then Retry.",
    "tls": "The certificate of {address} could not be verified. Check {base_url} and this "
    "computer's certificates, then Retry.",
    "internal": "Something went wrong in this chat itself; the log of the server says what. "
    "Retry to ask again.",
}

LENGTH = "The reply stops here: it reached the limit of CHAT_MAX_OUTPUT_TOKENS."
INTERRUPTED = "The reply was interrupted. Retry to ask again."
BUSY = "A reply is still being written. Wait for its end, or Stop it."
EMPTY = "Type a prompt first."
NO_DATABASE = "The chat cannot reach its database now. Your prompt was not sent; try again soon."
NO_SESSION = "This page has no session. Allow cookies for this site, then reload the page."
NOT_CONNECTED = "This page needs a WebSocket connection, and has none. Your prompt was not sent."


def too_long(most: int) -> str:
    """For a prompt of more than `most` characters."""
    return f"This prompt is too long: at most {most:,} characters can be sent. Shorten it."


def for_error(error: ProviderError) -> str:
    """The sentence for an error. Holds no secret: of the provider's words it repeats only those
    about a request that was not accepted."""
    return SENTENCES[error.kind].format(
        title=names.TITLE,
        key=names.KEY_VARIABLE,
        where=_where(names.KEY_VARIABLE),
        base_url=names.BASE_URL_VARIABLE,
        address=os.environ.get(names.BASE_URL_VARIABLE) or "its usual address",
        model=settings.CHAT_MODEL or names.DEFAULT_MODEL,
        idle=f"{settings.CHAT_IDLE_TIMEOUT_SECONDS:g}",
        when=_when(error.retry_after),
        detail=error.detail[:200],
    )


def _when(seconds: float | None) -> str:
    return f"in {math.ceil(seconds)} seconds" if seconds else "in a moment"


def _where(variable: str) -> str:
    """Where a variable was set: the line of `.env`, or else the environment."""
    if settings.ENV_FILE.is_file():
        lines = settings.ENV_FILE.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            name, _, value = line.partition("=")
            if name.strip() == variable and value.strip():
                return f"in line {number} of .env"
    return "in the environment"
