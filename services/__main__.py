"""All programs in one process behind one port: the embedded mode, which `make run` starts.

The order is Kafka and its topics, the programs, the development data, then
whoever waits for `embedded.json`. The end is the same backwards.
"""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from deploy.claims import Claim, TakenError
from deploy.embedded.child import Child
from deploy.embedded.guide import guide
from deploy.embedded.handover import Handover, remove_handover, write_handover
from deploy.embedded.kafka import running_kafka
from deploy.embedded.operators import HttpSource, operators
from deploy.embedded.probing import until_known
from deploy.embedded.settings import Settings
from deploy.kafka.broker import BrokerError
from deploy.simulation.settings import Settings as SimulationSettings
from services.aggregation.app import create_program as create_aggregation
from services.aggregation.settings import Settings as AggregationSettings
from services.catalogue.app import create_program as create_catalogue
from services.catalogue.development import ensure_development_data
from services.catalogue.settings import Settings as CatalogueSettings
from services.publication.app import create_program as create_publication
from services.publication.settings import Settings as PublicationSettings
from services.rating_capture.app import create_program as create_rating_capture
from services.rating_capture.settings import Settings as RatingCaptureSettings
from shared import logs
from shared.errors import BrokerUnavailableError
from shared.http import Application, Program, create_application, serve
from shared.http.serving import PortTakenError, check_port, run
from shared.settings import read_settings

_log = logs.logger("services")

_POLL_SECONDS = 0.1
_SAY_EVERY_SECONDS = 10.0


def _for_programs(settings: Settings) -> dict[str, Any]:
    """Return what every program is told, whatever its environment says besides."""
    return {
        "mode": settings.mode,
        "var_dir": settings.var_dir,
        "http": settings.http,
        "kafka": settings.kafka,
        "logs": settings.logs,
    }


class _Settings(NamedTuple):
    """What each program is told."""

    catalogue: CatalogueSettings
    rating_capture: RatingCaptureSettings
    aggregation: AggregationSettings
    publication: PublicationSettings


def _read_settings(settings: Settings) -> _Settings:
    """Read what each program reads of the environment; ends the process where it is wrong."""
    common = _for_programs(settings)
    tokens = settings.signing_secret()
    if settings.simulation == "on":
        read_settings(SimulationSettings)
    return _Settings(
        read_settings(CatalogueSettings, **common, tokens=tokens),
        read_settings(RatingCaptureSettings, **common, tokens=tokens),
        read_settings(AggregationSettings, **common, tokens=tokens),
        read_settings(PublicationSettings, **common),
    )


def _programs(settings: _Settings) -> list[Program]:
    return [
        create_catalogue(settings.catalogue),
        create_rating_capture(settings.rating_capture),
        create_aggregation(settings.aggregation),
        create_publication(settings.publication),
    ]


async def _is_ready(application: Application) -> bool:
    """Return once every program can work; say now and then what is missing.

    `False` means that the process has been told to stop instead.
    """
    said_at = time.monotonic()
    while waiting_for := await application.unready():
        if application.stopping.is_set():
            return False
        if time.monotonic() - said_at > _SAY_EVERY_SECONDS:
            _log.info("not_ready_yet", waiting_for=waiting_for)
            said_at = time.monotonic()
        await asyncio.sleep(_POLL_SECONDS)
    return True


async def _handover(settings: Settings, catalogue: CatalogueSettings) -> Handover:
    """Fill an empty catalogue, and return what a visitor needs to know."""
    data = await ensure_development_data(catalogue)
    return Handover.model_validate(
        {
            "base_url": settings.http.base_url,
            "kafka_bootstrap_servers": settings.kafka.bootstrap_servers,
            "api_key": data.api_key,
            "organisations": data.organisations,
            "eservices": data.eservices,
        }
    )


@asynccontextmanager
async def _simulation(settings: Settings) -> AsyncIterator[str | None]:
    """Let simulated e-services in, unless they are to stay out; yields their demo page."""
    if settings.simulation == "off":
        yield None
        return
    own = SimulationSettings()
    child = Child("deploy.simulation", settings.var_dir / "simulation.log")
    await child.start()
    try:
        yield f"http://{own.host}:{own.port}/"
    finally:
        await child.stop()


async def _receive_guests(
    settings: Settings, handover: Handover, application: Application, began: float
) -> None:
    """Open the house once it is ready, and close it when the process is told to stop."""
    if not await _is_ready(application):
        return
    await until_known(handover, settings.local_url)
    write_handover(settings.var_dir, handover)
    try:
        async with _simulation(settings) as demo_page:
            seconds = time.monotonic() - began
            sys.stdout.write(guide(handover, demo_page=demo_page, seconds=seconds))
            sys.stdout.flush()
            await application.stopping.wait()
    finally:
        remove_handover(settings.var_dir)


async def _run(settings: Settings) -> None:
    began = time.monotonic()
    claim = Claim(settings.var_dir)
    check_port(settings.http)
    # Before anything starts: a mistake is told at once.
    _read_settings(settings)
    remove_handover(settings.var_dir)
    _cancel_on_signals()
    async with running_kafka(settings) as kafka:
        of_programs = _read_settings(kafka.settings)
        handover = await _handover(kafka.settings, of_programs.catalogue)
        programs = _programs(of_programs)
        shown = operators(
            programs,
            kafka.checks,
            HttpSource(kafka.settings.local_url, handover.api_key),
            base_url=settings.http.base_url,
            min_ratings=of_programs.publication.thresholds.min_ratings,
        )
        application = create_application(*programs, shown)
        stop = asyncio.Event()
        guests = asyncio.create_task(_receive_guests(kafka.settings, handover, application, began))
        # It ends only when the process is stopping, or by a failure: then all ends.
        guests.add_done_callback(lambda _task: stop.set())
        try:
            await serve(application, settings.http, stop=stop)
        except BaseException:
            guests.cancel()
            raise
        await guests
    claim.release()


def _cancel_on_signals() -> None:
    """Until programs are served, which takes signals itself, the first signal ends all."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: task.cancel() if task else None)


def main() -> None:
    """Run until told to stop. Exit code 1: it could not start, and the last line says why."""
    settings = read_settings(Settings)
    logs.configure(settings.logs_for_people(sys.stderr.isatty()), "embedded")
    try:
        run(_run(settings))
    except asyncio.CancelledError:
        sys.exit("Stopped before it was ready.")
    except TakenError as error:
        sys.exit(f"Arvio can't start: {error}; stop it, or set ARVIO_VAR_DIR to another folder")
    except (PortTakenError, BrokerError, BrokerUnavailableError) as error:
        sys.exit(f"Arvio can't start: {error}")


if __name__ == "__main__":
    main()
