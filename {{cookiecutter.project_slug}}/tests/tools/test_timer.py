"""`wait` asks first, and waits for a minute at most."""

import json

import pytest

from chat.tools.functions.timer import wait
from chat.tools.tool import ToolError


def test_it_asks_first_and_may_take_its_time() -> None:
    assert wait.confirm
    assert wait.seconds > 60


async def test_it_says_when_the_time_is_over() -> None:
    assert await wait.call('{"seconds": 0.01}') == "0.01 seconds are over."


@pytest.mark.parametrize("seconds", [61, -1, float("nan"), "long"])
async def test_it_does_not_wait_for_longer(seconds: object) -> None:
    with pytest.raises(ToolError, match=r"Wrong arguments\. seconds: "):
        await wait.call(json.dumps({"seconds": seconds}))
