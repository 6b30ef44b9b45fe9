"""Serves an application with Granian in our own event loop, and stops without losing work."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn

import uvloop
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from shared import logs
from shared.http.application import Application
from shared.settings import HttpSettings

_log = logs.logger(__name__)

# Connections that may wait to be accepted, and requests that may be under way at
# once. A score stream is a request under way for as long as somebody listens.
_BACKLOG = 2_048
_MAX_UNDER_WAY = 20_000

_OBJECTS_BETWEEN_COLLECTIONS = 50_000


class PortTakenError(Exception):
    """Something else listens where this process was told to."""


def check_port(http: HttpSettings) -> None:
    """Raise `PortTakenError` if the port can't be listened on."""
    with socket.socket(socket.AF_INET6 if ":" in http.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((http.host, http.port))
        except OSError as error:
            message = (
                f"port {http.port} of {http.host} is taken ({error.strerror}); "
                "stop what listens there, or set ARVIO_HTTP__PORT to another port"
            )
            raise PortTakenError(message) from error


async def serve(
    application: Application, http: HttpSettings, *, stop: asyncio.Event | None = None
) -> None:
    """Run the application's programs and answer requests until told to stop.

    SIGINT, SIGTERM or `stop` end it: readiness goes first, then streams, then
    requests under way are waited for, then programs stop. Raises
    `PortTakenError` before anything has started.
    """
    check_port(http)
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with application.running():
        _collect_rarely()
        server = Server(
            application,
            address=http.host,
            port=http.port,
            interface=Interfaces.ASGINL,
            backlog=_BACKLOG,
            backpressure=_MAX_UNDER_WAY,
            websockets=False,
            log_level=LogLevels.error,
        )
        serving = asyncio.create_task(server.serve())
        stopping = asyncio.create_task(stop.wait())
        _log.info("listening", address=http.host, port=http.port)
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        _log.info("stopping")
        await application.drain(http.drain_seconds)
        server.stop()  # type: ignore[no-untyped-call]
        await serving
    _log.info("stopped")


def run(serving: Coroutine[Any, Any, None]) -> NoReturn:
    """Run what serves until it ends, and end the process with exit code 0.

    Whatever it raises is raised. Python is not taken down: a thread of Granian's that
    still wants it then aborts the process (emmett-framework/granian issue 693), and
    everything has been closed by now.
    """
    uvloop.run(serving)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _collect_rarely() -> None:
    """Look for cycles once for many requests, and never again among what is there for good.

    By default Python looks whenever 700 more objects were made than thrown away: every
    dozen requests under way, which took a seventh of the time of a busy process, and now
    and then it goes through everything that programs have loaded.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)
