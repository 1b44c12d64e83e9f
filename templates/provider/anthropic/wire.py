"""What a response of Anthropic's Messages looks like on the wire."""

# A chunk has one of the first keys, a reply in one piece one of the second.
CHUNK_KEYS = ("type",)
REPLY_KEYS = ("content",)

# A chunk that says nothing. The SDK would pass over an event with the name of a ping.
KEEP_ALIVE = b'event: message\ndata: {"type": "ping"}\n\n'


def is_plain(read: bytes) -> bool:
    """Whether these bytes are one event with a piece of the reply, as the SDK can read it."""
    return (
        read.startswith(b"event: content_block_delta\ndata: {")
        and read.endswith(b"}\n\n")
        and read.count(b"\n") == 3
    )


def encode(chunk: bytes) -> bytes:
    """The server-sent event for the SDK with this JSON. The SDK passes over one without a name."""
    return b"event: message\ndata: %b\n\n" % chunk.replace(b"\n", b" ")
