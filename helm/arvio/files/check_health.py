"""Asks every program whether it is ready, and ends with 1 if one is not: `helm test`."""

import sys
import time
from urllib.request import urlopen

DEADLINE_SECONDS = 60.0
PAUSE_SECONDS = 1.0


def missing(url: str) -> str | None:
    """Return why `url` does not say that all is well, if it does not."""
    try:
        with urlopen(url, timeout=5):
            return None
    except OSError as error:
        body = error.read().decode() if hasattr(error, "read") else ""
        return f"{error} {body}".strip()


def main(urls: list[str]) -> int:
    """Wait for all of them until the deadline, and say what came of it."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    failures = 0
    for url in urls:
        while (reason := missing(url)) and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
        failures += reason is not None
        sys.stdout.write(f"{url}: {reason or 'ready'}\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
