"""`current_time` knows the time zones of the world, and takes nothing else for one."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chat.tools.functions.clock import current_time
from chat.tools.tool import ToolError


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata"])
def test_the_time_is_that_of_the_zone(zone: str) -> None:
    before = datetime.now(ZoneInfo(zone)).replace(microsecond=0)
    weekday, _, written = current_time(zone).partition(", ")
    time = datetime.fromisoformat(written)
    assert before <= time <= datetime.now(ZoneInfo(zone))
    assert weekday == f"{time:%A}"
    assert time.utcoffset() == ZoneInfo(zone).utcoffset(time.replace(tzinfo=None))


def test_without_a_zone_it_is_utc() -> None:
    time = datetime.fromisoformat(current_time().partition(", ")[2])
    assert time.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "zone", ["Mars/Base", "", "Europe", "../../etc/passwd", "/etc/passwd", "\0", "x" * 5000]
)
def test_what_is_no_zone_is_told(zone: str) -> None:
    with pytest.raises(ToolError, match="There is no time zone"):
        current_time(zone)
