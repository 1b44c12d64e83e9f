"""`python -m fake_model`: run the built-in model in a process of its own."""

import argparse
import asyncio
import sys

from .answer import dialect
from .server import FakeModel


def main() -> int:
    """Serve until Ctrl-C; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m fake_model",
        description="Serve the built-in model, a local stand-in for the vendor that needs no key.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000, help="0 picks a free port")
    parser.add_argument("--tokens-per-second", type=float, default=40)
    options = parser.parse_args()
    if not 0 <= options.port <= 65535:
        parser.error("--port must be from 0 to 65535")
    if not options.tokens_per_second > 0:
        parser.error("--tokens-per-second must be above 0")
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
            f"The built-in model is running; Ctrl-C stops it. Put these lines into .env:\n"
            f"{dialect.BASE_URL_VARIABLE}={model.base_url}\n"
            f"{dialect.KEY_VARIABLE}=no-key-needed\n"
            f"Its live record is at {model.record_url}",
            flush=True,
        )
        # Wait in the event loop: on Windows, Ctrl-C interrupts a loop, but not a wait on a lock.
        await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
