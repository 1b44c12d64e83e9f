"""The whole reply for each update, as `stream_to` and an assignment to the state send it."""

import random

from djust import render_markdown

from fake_model import prose

TOKENS = 1000


async def main() -> str:
    """Returns how many bytes that is."""
    tokens = prose.mixed(random.Random(1), TOKENS)
    sent = 0
    for count in range(1, TOKENS + 1):
        sent += len(render_markdown("".join(tokens[:count])).encode())
    text = len("".join(tokens).encode())
    return f"The whole reply for each of {TOKENS:,} tokens: {sent:,} bytes for {text:,} of text."
