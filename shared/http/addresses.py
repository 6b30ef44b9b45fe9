"""Where a request comes from: used for flood limits only, never stored or logged."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def client_address(scope: Scope, trusted_proxies: Sequence[Network]) -> str | None:
    """Return the sender's address, or `None` where it tells nothing about a person.

    `X-Forwarded-For` is read from its end, and only as far as the hops are
    trusted proxies, so that a client can't write its own address into it. A
    request that a trusted address sent itself has no client address.
    """
    client = scope.get("client")
    address = _parse(client[0]) if client else None
    if address is None or not _is_in(address, trusted_proxies):
        return str(address) if address else None
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
        if not _is_in(hop, trusted_proxies):
            return str(hop)
    return None
