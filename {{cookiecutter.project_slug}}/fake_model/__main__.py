"""`python -m fake_model`: the built-in model on its own."""

import argparse
import asyncio
import sys

from .connection import dialect
from .server import FakeModel


def main() -> int:
    """Serve until Ctrl-C; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m fake_model",
        description="A model on this machine that needs no key, for the real SDK to talk to.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000, help="0 takes a free one")
    parser.add_argument("--tokens-per-second", type=float, default=40)
    options = parser.parse_args()
    if not 0 <= options.port <= 65535:
        parser.error("--port takes 0 to 65535")
    if not options.tokens_per_second > 0:
        parser.error("--tokens-per-second takes a number above 0")
    try:
        asyncio.run(_serve(options))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(
            f"Cannot listen on {options.host}:{options.port}, choose another address with "
            f"--host and --port: {error.strerror}",
            file=sys.stderr,
        )
        return 1
    return 0


async def _serve(options: argparse.Namespace) -> None:
    with FakeModel(options.host, options.port, options.tokens_per_second) as model:
        print(
            f"The built-in model listens; Ctrl-C stops it. Put these lines into .env:\n"
            f"{dialect.BASE_URL_VARIABLE}={model.base_url}\n"
            f"{dialect.KEY_VARIABLE}=no-key-needed",
            flush=True,
        )
        # In a loop, because a loop answers Ctrl-C on Windows too; waiting on a lock does not.
        await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
