"""Where a request comes from: used for flood limits only, never stored or logged."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


_MAX_KNOWN_PEERS = 1024


def _parse(text: str) -> Address | None:
    """Return the address in `192.0.2.1`, `192.0.2.1:4711` or `[2001:db8::1]:4711`."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


class Proxies:
    """The networks whose `X-Forwarded-For` is believed."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        # Most requests come from a few proxies: these cost no parsing. Only proxies'
        # own addresses ever get into it, never a person's.
        self._known: set[str] = set()

    def client_address(self, scope: Scope) -> str | None:
        """Return the sender's address, or `None` where it tells nothing about a person.

        `X-Forwarded-For` is read from its end, and only as far as the hops are
        trusted proxies, so that a client can't write its own address into it. A
        request that a trusted address sent itself has no client address.
        """
        client = scope.get("client")
        peer = client[0] if client else ""
        if peer not in self._known:
            address = _parse(peer)
            if address is None or not _is_in(address, self._networks):
                return str(address) if address else None
            if len(self._known) < _MAX_KNOWN_PEERS:
                self._known.add(peer)
        return self._forwarded_address(scope)

    def _forwarded_address(self, scope: Scope) -> str | None:
        forwarded = [
            part
            for name, value in scope["headers"]
            if name == b"x-forwarded-for"
            for part in value.decode("latin-1").split(",")
        ]
        for part in reversed(forwarded):
            hop = _parse(part)
            if hop is None:
                return None
            if not _is_in(hop, self._networks):
                return str(hop)
        return None
