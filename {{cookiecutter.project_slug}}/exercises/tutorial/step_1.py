"""The first lines of the tutorial's view and of its template."""

from django.template import TemplateSyntaxError, engines
from django.template.base import BLOCK_TAG_END as END
from django.template.base import BLOCK_TAG_START as START
from djust import LiveView
from djust.mixins.async_work import AsyncWorkMixin


async def main() -> str:
    """Returns what both raise."""
    said = []
    try:

        class ChatView(AsyncWorkMixin, LiveView):
            pass

    except TypeError as error:
        message = " ".join(str(error).split())
        said.append(f"class ChatView(AsyncWorkMixin, LiveView): TypeError: {message}")
    try:
        engines["django"].from_string(f"{START} load djust_tags {END}")
    except TemplateSyntaxError as error:
        said.append(f"load djust_tags: TemplateSyntaxError: {str(error).partition('. ')[0]}.")
    return "\n".join(said)
