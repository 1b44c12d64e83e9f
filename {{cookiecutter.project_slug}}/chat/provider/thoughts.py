"""Keeps a model's reasoning apart from the text of its reply.

Many servers send it in a field or a part of its own: that is the chunk reader's to know. Others
leave it in the text, between tags: that is read here, for all of them.
"""

import re
from collections.abc import Iterable, Iterator

from chat.provider.events import Call, Event, Finish, Reasoning, Text, TextWasReasoning

# The tags that models write around their reasoning, in any case of letters.
TAGS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "[think]": "[/think]",
    "◁think▷": "◁/think▷",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|start_thinking|>": "<|end_thinking|>",
}
OPENING = re.compile("|".join(map(re.escape, TAGS)), re.IGNORECASE)
CLOSING = re.compile("|".join(map(re.escape, TAGS.values())), re.IGNORECASE)
CLOSING_STARTS = tuple({tag[0] for tag in TAGS.values()})
# What may follow a tag in its line, and the end of that line, or of what has arrived of it.
LINE_END = re.compile(r"[ \t]{0,9}(\r|\n|\Z)")
FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
# Blanks before a tag are kept back until the tag is whole, but no more than this many characters.
MAXIMUM_HELD = 100


class Thoughts:
    """Finds the reasoning in the events of one reply.

    A tag counts only before the first word of the reply: later it is text, which may be code. It
    may be cut anywhere between two events.

    One more counts. Where a server begins the reasoning in the prompt (DeepSeek-R1, QwQ), the reply
    has only the closing tag. The text before it has been shown by then: `TextWasReasoning` corrects
    that, so no other reply has to wait for a tag.
    """

    def __init__(self) -> None:
        self._closing = ""  # the tag that ends the reasoning, while the text is reasoning
        self._held = ""  # text that may be the beginning of a tag
        self._has_thought = False
        self._has_reasoning = False
        self._has_text = False
        # The text so far, as long as a closing tag may tell that it was reasoning.
        self._said: list[str] | None = []

    def split(self, events: Iterable[Event]) -> list[Event]:
        """`events`, with `Reasoning` where the text of a `Text` is reasoning, and no empty ones.

        Blank lines between reasoning and reply are left out.
        """
        return [part for event in events for part in self._split(event)]

    def end(self) -> Iterator[Event]:
        """What was held back for a tag that did not come."""
        held, self._held = self._held, ""
        if self._closing:
            yield from self._reason(held)
        elif held.strip() or not self._has_thought:
            yield from self._speak(held)

    def _split(self, event: Event) -> Iterator[Event]:
        match event:
            case Text() if self._has_text:
                yield from self._listen(self._held + event.text)
            case Text():
                yield from self._read(self._held + event.text)
            case Reasoning():
                yield from self._reason(event.text)
            case Call() | Finish():
                yield from self.end()
                yield event
            case _:
                yield event

    def _read(self, text: str) -> Iterator[Event]:
        self._held = ""
        while text:
            if self._closing:
                end = re.search(re.escape(self._closing), text, re.IGNORECASE)
                kept = end.start() if end else len(text) - _begun(text, self._closing)
                yield from self._reason(text[:kept])
                if end is None:
                    self._held = text[kept:]
                    return
                text, self._closing = text[end.end() :], ""
                continue
            words = text.lstrip()
            if tag := CLOSING.match(words):
                # Of reasoning without a word, or in a field of its own.
                text, self._has_thought = words[tag.end() :], True
            elif tag := OPENING.match(words):
                yield from self._reason("\n\n")
                text, self._closing = words[tag.end() :], TAGS[tag[0].lower()]
            elif len(text) < MAXIMUM_HELD and _may_open(words):
                self._held = text
                return
            else:
                yield from self._listen(words if self._has_thought else text)
                return

    def _listen(self, text: str) -> Iterator[Event]:
        """Read text behind the first word of the reply."""
        self._held = ""
        if self._has_thought:
            self._said = None
        if self._said is None or not any(start in text for start in CLOSING_STARTS):
            yield from self._speak(text)
            return
        tag = CLOSING.search(text)
        if tag is None:
            kept = len(text) - max(_begun(text, closing) for closing in TAGS.values())
        else:
            kept = tag.start()
        yield from self._speak(text[:kept])
        if tag is None:
            self._held = text[kept:]
            return
        ends_reasoning = _is_alone("".join(self._said), text[tag.end() :])
        if ends_reasoning is None:
            self._held = text[kept:]
            return
        # The first closing tag decides.
        self._said = None
        if ends_reasoning:
            yield TextWasReasoning()
            self._has_text, self._has_thought, self._has_reasoning = False, True, True
            yield from self._read(text[tag.end() :])
        else:
            yield from self._speak(text[kept:])

    def _reason(self, text: str) -> Iterator[Event]:
        self._has_thought |= bool(text)
        if not self._has_reasoning:
            text = text.lstrip()
        if text:
            self._has_reasoning = True
            yield Reasoning(text)

    def _speak(self, text: str) -> Iterator[Event]:
        if text:
            self._has_text = True
            if self._said is not None:
                self._said.append(text)
            yield Text(text)


def _may_open(text: str) -> bool:
    """Whether `text` is the beginning of a tag that begins or ends reasoning."""
    return any(tag.startswith(text.lower()) for tag in (*TAGS, *TAGS.values()))


def _is_alone(before: str, after: str) -> bool | None:
    """Whether a closing tag between these texts ends reasoning; None: what follows will tell.

    It begins or ends a line, no tag opens before it, and it is not in a block of code. In the
    middle of a line it is a word of a text about tags.
    """
    if OPENING.search(before) or len(FENCE.findall(before)) % 2:
        return False
    if not before.rpartition("\n")[2].strip():
        return True
    line_end = LINE_END.match(after)
    return None if line_end and not line_end[1] else bool(line_end)


def _begun(text: str, tag: str) -> int:
    """How many characters at the end of `text` may be the beginning of `tag`."""
    longest = min(len(tag) - 1, len(text))
    return next((n for n in range(longest, 0, -1) if tag.startswith(text[-n:].lower())), 0)
