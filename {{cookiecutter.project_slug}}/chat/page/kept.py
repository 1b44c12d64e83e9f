"""HTML that is kept in memory, up to a number of characters."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from django.utils.safestring import SafeString

# A character takes a byte, or up to four where the text has emoji; the source is kept with it.
CHARS = 4_000_000


class KeptHtml:
    """HTML by what it was rendered from. What was used longest ago goes first."""

    def __init__(self, chars: int = CHARS) -> None:
        self._chars = chars
        self._length = 0
        self._kept: OrderedDict[Hashable, SafeString] = OrderedDict()
        self._lock = Lock()

    def get(self, source: Hashable, render: Callable[[], SafeString]) -> SafeString:
        """The HTML for `source`: what is kept, or else what `render` returns."""
        with self._lock:
            if source in self._kept:
                self._kept.move_to_end(source)
                return self._kept[source]
        html = render()
        with self._lock:
            if source not in self._kept:
                self._kept[source] = html
                self._length += len(html)
            while self._length > self._chars:
                _, oldest = self._kept.popitem(last=False)
                self._length -= len(oldest)
        return html
