"""Ports for everything in the cluster, each checked before anything starts."""

import random
import socket
from collections.abc import Iterator
from itertools import count

from deploy.kafka.node import HOST
from shared.errors import ArvioError

# Below the range from which the kernel takes ports for outgoing connections.
_FREE_FROM = 12_000
_FREE_TO = 32_000


class PortTakenError(ArvioError):
    """Somebody else listens where the cluster would."""

    code = "port_taken"


def ports(first: int) -> Iterator[int]:
    """Yield ports from `first` on, or free ones anywhere if it is 0; raises `PortTakenError`."""
    if not first:
        chance = random.SystemRandom()
        given: set[int] = set()
        while True:
            port = chance.randrange(_FREE_FROM, _FREE_TO)
            if port not in given and _is_free(port):
                given.add(port)
                yield port
    for port in count(first):
        if not _is_free(port):
            message = (
                f"port {port} is taken; stop what listens there, or set "
                "ARVIO_CLUSTER__FIRST_PORT to another port, or to 0 for any free ones"
            )
            raise PortTakenError(message)
        yield port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
