"""An address of this machine that never answers a connection."""

import socket
from pathlib import Path
from types import TracebackType
from typing import Self

SYN_SENT = "02"


class BlackHole:
    """A listener whose backlog is full: the kernel drops whoever else wants to connect."""

    def __enter__(self) -> Self:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.port: int = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._fillers: list[socket.socket] = []
        while self._fills_more():
            pass
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the address, for somebody who answers."""
        for filler in [*self._fillers, self._listener]:
            filler.close()

    def _fills_more(self) -> bool:
        filler = socket.socket()
        self._fillers.append(filler)
        filler.settimeout(0.2)
        try:
            filler.connect(("127.0.0.1", self.port))
        except TimeoutError:
            # A half-open one would be counted by `connecting`.
            self._fillers.remove(filler)
            filler.close()
            return False
        return True

    def connecting(self) -> set[str]:
        """The sockets that wait for an answer, by inode: see proc(5), /proc/net/tcp."""
        lines = Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]
        rows = [line.split() for line in lines]
        port = f":{self.port:04X}"
        return {row[9] for row in rows if row[3] == SYN_SENT and row[2].endswith(port)}
