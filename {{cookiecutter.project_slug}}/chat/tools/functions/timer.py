"""An egg timer: an example of a tool that asks first, and of one that takes its time."""

import asyncio
from typing import Annotated

from pydantic import Field

from chat.tools.tool import tool


@tool(confirm=True, seconds=70)
async def wait(
    seconds: Annotated[float, Field(description="For how long", ge=0, le=60)],
) -> str:
    """Wait before you go on, as when the user wants to be told that some seconds are over."""
    await asyncio.sleep(seconds)
    return f"{seconds:g} seconds are over."
