"""What NetworkPolicies let through, worked out as Kubernetes defines it.

A connection passes when the caller's policies let it out and the called pod's let it in. A pod
that no policy of a direction selects may do everything in that direction; one that some select
may do what any of them allows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from tests.deploy.helm_chart import NAMESPACE, Manifest, is_selected


@dataclass(frozen=True)
class End:
    """One end of a connection: a pod, or an address outside."""

    labels: tuple[tuple[str, str], ...] = ()
    namespace: str = NAMESPACE
    address: str = ""
    named_ports: tuple[tuple[str, int], ...] = ()

    @property
    def namespace_labels(self) -> dict[str, str]:
        """Return the label that every namespace has."""
        return {"kubernetes.io/metadata.name": self.namespace}


def passes(
    policies: list[Manifest], caller: End, called: End, port: int, protocol: str = "TCP"
) -> bool:
    """Return whether a connection comes about."""
    out = _rules(policies, caller, "Egress")
    into = _rules(policies, called, "Ingress")
    return (
        out is None or any(_allows(rule, "to", called, called, port, protocol) for rule in out)
    ) and (
        into is None or any(_allows(rule, "from", caller, called, port, protocol) for rule in into)
    )


def _rules(policies: list[Manifest], end: End, direction: str) -> list[Manifest] | None:
    if end.address or end.namespace != NAMESPACE:
        return None
    selecting = [
        policy["spec"]
        for policy in policies
        if direction in policy["spec"]["policyTypes"]
        and is_selected(policy["spec"]["podSelector"], dict(end.labels))
    ]
    if not selecting:
        return None
    return [rule for spec in selecting for rule in spec.get(direction.lower()) or []]


def _allows(rule: Manifest, key: str, other: End, called: End, port: int, protocol: str) -> bool:
    peers = rule.get(key)
    if peers and not any(_is_peer(peer, other) for peer in peers):
        return False
    ports = rule.get("ports")
    return not ports or (protocol, port) in _numbers(ports, called)


def _is_peer(peer: Manifest, end: End) -> bool:
    if "ipBlock" in peer:
        block = peer["ipBlock"]["cidr"]
        return bool(end.address) and ip_address(end.address) in ip_network(block)
    if end.address:
        return False
    if "namespaceSelector" in peer:
        if not is_selected(peer["namespaceSelector"], end.namespace_labels):
            return False
    elif end.namespace != NAMESPACE:
        return False
    return is_selected(peer.get("podSelector", {}), dict(end.labels))


def _numbers(ports: list[Manifest], called: End) -> Iterator[tuple[str, int]]:
    named = dict(called.named_ports)
    for one in ports:
        number = one["port"]
        if isinstance(number, str):
            number = named.get(number, -1)
        yield one.get("protocol", "TCP"), number
