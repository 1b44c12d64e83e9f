"""What a response of OpenAI's Chat Completions looks like on the wire."""

# A chunk has one of these keys, and a reply in one piece, too.
CHUNK_KEYS = REPLY_KEYS = ("choices",)

# A chunk that says nothing.
KEEP_ALIVE = b"data: {}\n\n"


def is_plain(read: bytes) -> bool:
    """Whether these bytes are one event with a chunk, as the SDK can read it."""
    return (
        read.startswith(b"data: {")
        and read.endswith(b"}\n\n")
        and read.count(b"\n") == 2
        and b'"choices"' in read
    )


def encode(chunk: bytes) -> bytes:
    """The server-sent event for the SDK with this JSON."""
    return b"data: %b\n\n" % chunk.replace(b"\n", b" ")
