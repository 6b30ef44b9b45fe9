"""Free ports, each given out once in a session."""

import random
import socket

_given: set[int] = set()


def free_port() -> int:
    """Return a loopback port on which nothing listens.

    Below the range from which the kernel takes ports for outgoing connections:
    one of those could take it before it is used.
    """
    while True:
        port = random.SystemRandom().randrange(12_000, 32_000)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
