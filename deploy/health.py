"""Asks the program on a port of this machine whether it can work: the image's health check.

Of the standard library alone, since it is started anew for each look. Exit code 1 says no,
and the answer of `/health/ready` says why.

    python deploy/health.py 8080
"""

import http.client
import sys

_TIMEOUT_SECONDS = 4.0


def ask(port: int) -> tuple[int, str]:
    """Return the status and the body of `/health/ready`; status 0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, f"nobody answers on port {port}: {error}"
    finally:
        connection.close()


def main(arguments: list[str]) -> int:
    """Print what the program says of itself, and return whether it cannot work."""
    status, body = ask(int(arguments[0]))
    sys.stdout.write(body.strip() + "\n")
    return int(status != http.client.OK)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
