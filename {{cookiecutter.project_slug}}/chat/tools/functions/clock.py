"""What time it is somewhere."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from chat.tools.tool import ToolError, tool


@tool
def current_time(
    time_zone: Annotated[str, Field(description="An IANA name, such as Europe/Berlin")] = "UTC",
) -> str:
    """Return the day of the week, the date, the time and the UTC offset in a time zone."""
    try:
        now = datetime.now(ZoneInfo(time_zone))
    # The last for names that the file system refuses.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ToolError(
            f"There is no time zone {time_zone!r}. Use an IANA name, such as Europe/Berlin."
        ) from None
    return f"{now:%A}, {now.isoformat(sep=' ', timespec='seconds')}"
