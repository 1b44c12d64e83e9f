"""Decodes server-sent events, as the standard has them.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

BOM = b"\xef\xbb\xbf"

# The name, in lower case, and the data. Both may be empty.
ServerSentEvent = tuple[bytes, bytes]


class Decoder:
    """Takes the bytes of one stream as they come, and returns the events that they complete."""

    def __init__(self) -> None:
        self._partial: list[bytes] = []
        self._ended_in_cr = False
        self._name = b""
        self._data: list[bytes] = []
        self._is_bare = False

    @property
    def is_between_events(self) -> bool:
        """Whether the next byte begins an event."""
        return not (self._data or self._name or self._ended_in_cr or any(self._partial))

    def feed(self, read: bytes) -> list[ServerSentEvent]:
        """The events whose blank line is in `read`, the next bytes."""
        if self._ended_in_cr or b"\r" in read:
            read = self._with_lf(read)
        lines = read.split(b"\n")
        # A line may come in many pieces: joined once, they cost no more than in one.
        self._partial.append(lines[0])
        if len(lines) == 1:
            return []
        lines[0] = b"".join(self._partial)
        self._partial = [lines.pop()]
        events: list[ServerSentEvent] = []
        for line in lines:
            if self._is_bare or line.startswith((b"{", b"[")):
                # Google's servers end a stream with an error in bare JSON, on several lines.
                self._is_bare = True
                self._data.append(line)
            elif not line:
                events += self.end()
            elif line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif line.startswith(b"event:"):
                self._name = line[6:].strip().lower()
        return events

    def end(self) -> list[ServerSentEvent]:
        """The event, if there is one, that lacks its blank line."""
        if not self._data and not self._name:
            return []
        event = (self._name, b"\n".join(self._data))
        self._name, self._data = b"", []
        return [event]

    def _with_lf(self, read: bytes) -> bytes:
        """Let each line end in LF. It may end in CR too, or in both, which two reads may share."""
        if self._ended_in_cr:
            read = read.removeprefix(b"\n")
        self._ended_in_cr = read.endswith(b"\r")
        return read.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
