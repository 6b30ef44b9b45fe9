"""Whose request it is, for flood limits only."""

from ipaddress import ip_network
from typing import Any

import pytest

from shared.http.addresses import Proxies

PROXIES = Proxies([ip_network("127.0.0.0/8"), ip_network("::1/128")])


def request(peer: str, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    return {"type": "http", "client": (peer, 4711), "headers": headers}


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("10.9.9.9, 192.0.2.7, 127.0.0.2", "192.0.2.7"),
        ("nonsense", None),
        ("", None),
    ],
)
def test_the_last_hop_that_no_proxy_of_ours_made_counts(
    forwarded: str, expected: str | None
) -> None:
    assert PROXIES.client_address(request("127.0.0.1", forwarded)) == expected


def test_nobody_else_is_believed() -> None:
    assert PROXIES.client_address(request("192.0.2.1", "192.0.2.7")) == "192.0.2.1"


def test_a_trusted_address_itself_tells_nothing_about_a_person() -> None:
    assert PROXIES.client_address(request("127.0.0.1")) is None
