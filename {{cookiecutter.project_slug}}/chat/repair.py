"""Replaces characters that a database cannot store, in text that arrives in pieces."""

import codecs


class Repair:
    """Repairs the pieces of one text, in their order."""

    def __init__(self) -> None:
        # Some servers split an emoji over two chunks, and half a surrogate pair cannot be saved.
        self._halves = codecs.getincrementaldecoder("utf-16-le")("replace")

    def repair(self, piece: str) -> str:
        """`piece`, with U+FFFD for what cannot be stored. Half an emoji waits for the rest."""
        halves = piece.encode("utf-16-le", "surrogatepass")
        # PostgreSQL cannot store U+0000.
        return self._halves.decode(halves).replace("\0", "\ufffd")


def storable(text: str) -> str:
    """A whole text, with U+FFFD for what cannot be stored."""
    halves = text.encode("utf-16-le", "surrogatepass")
    return halves.decode("utf-16-le", "replace").replace("\0", "\ufffd")
