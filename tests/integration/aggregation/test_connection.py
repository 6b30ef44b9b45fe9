"""How a connection to a ClickHouse server begins."""

import asyncio

import pytest

from services.aggregation.storage.client import ClickhouseClient
from shared.errors import StorageUnavailableError

TLS_HANDSHAKE = 0x16


async def first_bytes(scheme: str) -> bytes:
    """Return what a client says first to whoever listens, which then hangs up."""
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4096))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = ClickhouseClient(f"{scheme}://arvio:password@127.0.0.1:{port}/arvio", connections=1)
    async with server:
        with pytest.raises(StorageUnavailableError):
            await client.query("SELECT 1")
    await client.close()
    return heard[0]


async def test_https_is_encrypted_on_any_port() -> None:
    said = await first_bytes("https")

    assert said[0] == TLS_HANDSHAKE
    assert b"Authorization" not in said


async def test_http_is_not() -> None:
    assert (await first_bytes("http")).startswith((b"GET ", b"POST "))
