"""What the live record says of a request: how much was sent, and who ended it.

The built-in model tells what an upstream can see. It cannot see when somebody pressed Stop: it sees
when the client closes the connection.
"""

from typing import Literal, TypedDict

from .record import Entry

State = Literal["waiting", "streaming", "silent", "complete", "client", "model", "refused"]
# After so long without a byte, a reply that has begun counts as silent.
SILENT_SECONDS = 1.0
MOST_CHARACTERS = 60


class Row(TypedDict):
    """One row of the page. `client` and `model` are who ended a reply before its end."""

    number: int
    model: str
    prompt: str
    first_byte: str
    sent: int
    planned: int | None
    tokens: str
    state: State
    says: str
    ended: bool


def row(number: int, entry: Entry, now: float) -> Row:
    """The row of a request. `now` is the present reading of the record's clock."""
    state, says = _ending(entry, entry.ended) if entry.ended is not None else _open(entry, now)
    first_byte = "none" if entry.first_byte is None else duration(entry.first_byte - entry.received)
    return {
        "number": number,
        "model": entry.model,
        "prompt": _prompt(entry),
        "first_byte": first_byte,
        "sent": entry.tokens,
        "planned": entry.planned,
        "tokens": _tokens(entry),
        "state": state,
        "says": says,
        "ended": entry.ended is not None,
    }


def duration(seconds: float) -> str:
    """A time as people read it: 0.3 ms, 12 ms or 4.2 s. No line is broken in it."""
    if seconds >= 1:
        return f"{seconds:.1f}\N{NO-BREAK SPACE}s"
    digits = 1 if seconds < 0.01 else 0
    return f"{seconds * 1000:.{digits}f}\N{NO-BREAK SPACE}ms"


def _open(entry: Entry, now: float) -> tuple[State, str]:
    # Whole seconds, so that the row of a silent reply changes once a second.
    silent = now - (entry.last_byte or entry.received)
    if entry.last_byte is None:
        return "waiting", f"No byte yet, for {int(silent)} s"
    if silent >= SILENT_SECONDS:
        return "silent", f"Silent for {int(silent)} s"
    if entry.thoughts and not entry.tokens:
        return "streaming", f"Reasoning: {_counted(entry.thoughts, 'token')}"
    return "streaming", "Streaming"


def _ending(entry: Entry, ended: float) -> tuple[State, str]:
    whole = entry.tokens == entry.planned
    sent = _counted(entry.tokens, "token") if whole else f"{_tokens(entry)} tokens"
    client_ended = entry.ended_by == "client"
    if entry.finished:
        calls = f" and {_counted(len(entry.calls), 'tool call')}" if entry.calls else ""
        who = "client" if client_ended else "model"
        return "complete", f"Complete after {sent}{calls}: closed by the {who}"
    if client_ended and entry.last_byte is None:
        waited = duration(ended - entry.received)
        return "client", f"Closed by the client after {waited}, before the first byte"
    if client_ended:
        return "client", f"Closed by the client after {sent}{_silence(entry, ended)}"
    if entry.status not in (None, 200):
        return "refused", f"Refused by the model with status {entry.status}"
    return "model", f"Broken off by the model after {sent}"


def _silence(entry: Entry, ended: float) -> str:
    silent = ended - (entry.last_byte or ended)
    return f" and {duration(silent)} of silence" if silent >= SILENT_SECONDS else ""


def _tokens(entry: Entry) -> str:
    if entry.planned is None:
        return f"{entry.tokens:,}"
    return f"{entry.tokens:,} of {entry.planned:,}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _prompt(entry: Entry) -> str:
    """The first words of the last prompt, or the path where there is none."""
    prompts = [message.text for message in entry.messages if message.is_prompt]
    words = " ".join(prompts[-1].split()) if prompts else entry.path
    return words if len(words) <= MOST_CHARACTERS else f"{words[:MOST_CHARACTERS]}…"
