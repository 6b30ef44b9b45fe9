"""Starts the simulated e-services: `python -m deploy.simulation`."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from deploy.simulation.client import Client, GaveUpError
from deploy.simulation.demo_page import DemoPage, routes
from deploy.simulation.profiles import make_profile
from deploy.simulation.progress import Progress
from deploy.simulation.settings import Settings
from deploy.simulation.simulator import Simulator
from deploy.simulation.stack import find_stack
from shared import logs
from shared.http import Program, create_application, serve
from shared.http.serving import PortTakenError, check_port, run
from shared.settings import HttpSettings, LogSettings, read_settings

_log = logs.logger("deploy.simulation")

_WATCH_SECONDS = 1.0


async def _run(settings: Settings) -> None:
    watching = asyncio.create_task(_stop_with_parent())
    http = HttpSettings(host=settings.host, port=settings.port)
    check_port(http)
    stack = await find_stack(settings.var_dir, settings.base_url)
    client = Client(stack.base_url, stack.api_key)
    simulator = Simulator(
        client,
        [make_profile(each.eservice_id, settings.seed) for each in stack.eservices],
        Progress(settings.var_dir / "simulation.json"),
        settings.visits_per_minute,
    )

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        simulating = asyncio.create_task(
            _simulate(simulator, timedelta(days=settings.backfill_days))
        )
        _log.info(
            "simulating", eservices=len(stack.eservices), calls=stack.base_url, page=http.base_url
        )
        yield
        simulating.cancel()
        with suppress(asyncio.CancelledError):
            await simulating
        await client.close()

    page = DemoPage(client, stack)
    program = Program(name="simulation", routers=[routes(page)], lifespan=lifespan, checks={})
    await serve(create_application(program), http)
    watching.cancel()


async def _simulate(simulator: Simulator, backfill: timedelta) -> None:
    """Run, and begin again from what is known to be sent when Arvio was away too long."""
    while True:
        try:
            await simulator.run(backfill)
        except GaveUpError as error:
            _log.warning("gave_up", reason=str(error))
        except Exception:  # noqa: BLE001  logged; the demo page must not go down with it
            _log.exception("simulation_failed")
            await asyncio.sleep(_WATCH_SECONDS * 30)


async def _stop_with_parent() -> None:
    """Stop when whoever started this process is gone, however it went."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110  nobody tells an orphan
        await asyncio.sleep(_WATCH_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Simulate until told to stop."""
    logs.configure(LogSettings(format="text"), "simulation")
    # One line for each request would be thousands; a line a minute says the sums.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = read_settings(Settings)
    try:
        run(_run(settings))
    except PortTakenError:
        sys.exit(
            f"Port {settings.port}, where the demo page should be, is taken: "
            "set ARVIO_SIMULATION__PORT to another, or ARVIO_SIMULATION=off."
        )
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
