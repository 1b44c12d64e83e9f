"""How many tokens a request needs at most: what is reserved before the provider counts."""

import json

from chat.provider.messages import Message, Request

# Fewer than a token has in most texts, English or Chinese, so the estimate is rather too high.
BYTES_PER_TOKEN = 3
# What the provider puts around each message.
TOKENS_PER_MESSAGE = 4


def input_tokens(request: Request) -> int:
    """The input tokens of a request, as a generous estimate."""
    texts = [request.system_prompt]
    for tool in request.tools:
        texts += [tool.name, tool.description, json.dumps(tool.parameters)]
    for message in request.messages:
        texts += _texts(message)
    whole = sum(len(text.encode()) for text in texts)
    return whole // BYTES_PER_TOKEN + TOKENS_PER_MESSAGE * (len(request.messages) + 1)


def _texts(message: Message) -> list[str]:
    texts = [message.text]
    for result in message.results:
        extra = json.dumps(result.call.extra) if result.call.extra else ""
        texts += [result.call.name, result.call.arguments, result.text, extra]
    return texts
