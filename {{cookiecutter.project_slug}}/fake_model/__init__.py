"""The built-in model: an upstream on this machine that speaks the vendor's wire format.

It needs no key and no network, and the real SDK talks to it as it talks to the vendor.
"""

from .record import Entry, Record
from .script import WORDS
from .server import FakeModel

__all__ = ["WORDS", "Entry", "FakeModel", "Record"]
