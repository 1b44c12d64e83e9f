"""The built-in model: a local HTTP server that speaks the vendor's wire format.

It needs no key and no internet connection. The real SDK sends requests to it as to the vendor.
"""

from .record import Entry, Record
from .script import WORDS
from .server import FakeModel

__all__ = ["WORDS", "Entry", "FakeModel", "Record"]
