"""The live record says how much of a reply was sent, and who ended it."""

import pytest

from fake_model.contract import Call, Message, Result
from fake_model.record import Entry
from fake_model.rows import row

SPACE = "\N{NO-BREAK SPACE}"
ASKED = {"status": 200, "messages": [Message("user", "Hello")], "planned": 400, "tokens": 200}
BYTES = {"first_byte": 100.004, "last_byte": 105.0}
BY_CLIENT = {"ended": 105.1, "ended_by": "client"}
BY_MODEL = {"ended": 105.1, "ended_by": "server"}


@pytest.mark.parametrize(
    ("fields", "state", "says"),
    [
        ({"last_byte": None, "tokens": 0}, "waiting", "No byte yet, for 5 s"),
        (BYTES, "streaming", "Streaming"),
        (BYTES | {"tokens": 0, "thoughts": 12}, "streaming", "Reasoning: 12 tokens"),
        (BYTES | {"last_byte": 102.9}, "silent", "Silent for 2 s"),
        (BYTES | BY_CLIENT, "client", "Closed by the client after 200 of 400 tokens"),
        (
            BYTES | BY_CLIENT | {"last_byte": 101.0},
            "client",
            f"Closed by the client after 200 of 400 tokens and 4.1{SPACE}s of silence",
        ),
        (
            BY_CLIENT | {"tokens": 0},
            "client",
            f"Closed by the client after 5.1{SPACE}s, before the first byte",
        ),
        (BYTES | BY_MODEL, "model", "Broken off by the model after 200 of 400 tokens"),
        # It has itself been ended.
        (BY_MODEL | {"status": None}, "model", "Broken off by the model after 200 of 400 tokens"),
        (BYTES | BY_MODEL | {"status": 429}, "refused", "Refused by the model with status 429"),
        (
            BYTES | BY_MODEL | {"finished": True, "tokens": 400},
            "complete",
            "Complete after 400 tokens: closed by the model",
        ),
        (
            BYTES | BY_CLIENT | {"finished": True, "calls": [Call("now", "{}")]},
            "complete",
            "Complete after 200 of 400 tokens and 1 tool call: closed by the client",
        ),
    ],
)
def test_a_row_says_how_it_stands_and_who_ended_it(
    fields: dict[str, object], state: str, says: str
) -> None:
    shown = row(1, Entry("/", 100.0, **(ASKED | fields)), now=105.2)  # type: ignore[arg-type]
    assert (shown["state"], shown["says"]) == (state, says)
    assert shown["ended"] == ("ended" in fields)


def test_a_row_counts_what_was_sent_of_how_many() -> None:
    entry = Entry("/", 100.0, **(ASKED | BYTES | {"planned": 2000}))  # type: ignore[arg-type]
    shown = row(7, entry, now=105.2)
    assert (shown["number"], shown["sent"], shown["planned"]) == (7, 200, 2000)
    assert (shown["tokens"], shown["first_byte"]) == ("200 of 2,000", f"4.0{SPACE}ms")
    assert row(7, Entry("/", 100.0), now=105.2)["first_byte"] == "none"


def test_a_row_begins_the_last_prompt_in_one_line() -> None:
    results = Message("user", "", results=(Result(Call("now", "{}"), "noon"),))
    earlier, last = Message("user", "Earlier"), Message("user", f"Say\n  {'long ' * 30}")
    shown = row(1, Entry("/v1", 100.0, messages=[earlier, last, results]), now=105.2)
    assert shown["prompt"].startswith("Say long long")
    assert len(shown["prompt"]) == 61
    assert row(1, Entry("/v1", 100.0), now=105.2)["prompt"] == "/v1"
