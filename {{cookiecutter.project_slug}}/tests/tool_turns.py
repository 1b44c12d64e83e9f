"""Play a turn with tools as the chat does: ask, answer the calls, and ask again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chat.provider.events import Call
from chat.provider.messages import Message, Request, Result, ToolSpec
from tests.listener import Heard, listen


def tool(name: str, **properties: dict[str, Any]) -> ToolSpec:
    """A tool whose arguments have these schemas, and are all required."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return ToolSpec(name, f"The tool {name}.", schema)


ADD = tool("add", a={"type": "integer"}, b={"type": "integer"})
CLOCK = tool("clock", zone={"type": "string", "examples": ["Europe/Berlin"]})
TOOLS = (ADD, CLOCK)


def prompt(*messages: Message, **fields: Any) -> Request:
    """A request with a prompt after `messages`, which offers `TOOLS`."""
    return Request([*messages, Message("user", "Hello")], **({"tools": TOOLS} | fields))


# More than any turn here needs. What exceeds it would go on for ever.
MOST_ROUNDS = 10


@dataclass
class Turn:
    """The messages after the last reply, and what was heard in each round."""

    messages: list[Message]
    rounds: list[Heard] = field(default_factory=list)

    @property
    def calls(self) -> list[list[tuple[str, str]]]:
        """The names and arguments of the calls in each round."""
        return [[(call.name, call.arguments) for call in heard.calls] for heard in self.rounds]

    @property
    def text(self) -> str:
        """The text of the last round."""
        return self.rounds[-1].text


def answer(call: Call) -> Result:
    """A result with text beyond ASCII."""
    return Result(call, f"42 °C from {call.name}")


async def play(
    prompt: str,
    *history: Message,
    tools: tuple[ToolSpec, ...] = TOOLS,
    answers: Callable[[Call], Result] = answer,
) -> Turn:
    """Ask `prompt` after `history`, and answer calls until a response has none, or fails."""
    turn = Turn([*history, Message("user", prompt)])
    while len(turn.rounds) < MOST_ROUNDS:
        heard = await listen(Request(list(turn.messages), tools=tools))
        turn.rounds.append(heard)
        turn.messages.append(Message("assistant", heard.text, tuple(map(answers, heard.calls))))
        if not heard.calls or heard.error:
            return turn
    raise AssertionError(f"the model still calls after {MOST_ROUNDS} rounds: {turn.calls}")
