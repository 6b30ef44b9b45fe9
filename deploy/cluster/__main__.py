"""A cluster on one machine, which `make cluster` starts: to see what a failure does to it."""

import asyncio
import signal
import sys
import time

from deploy.claims import Claim, TakenError
from deploy.cluster.handover import guide, handover, remove, write
from deploy.cluster.layout import layout
from deploy.cluster.ports import PortTakenError
from deploy.cluster.process import ProcessError
from deploy.cluster.settings import Settings
from deploy.cluster.starting import running
from deploy.kafka.broker import BrokerError
from shared import logs
from shared.errors import BrokerUnavailableError
from shared.settings import read_settings


async def _run(settings: Settings) -> None:
    began = time.monotonic()
    claim = Claim(settings.folder)
    remove(settings.folder)
    stop = asyncio.Event()
    task = asyncio.current_task()

    def end() -> None:
        """End what is under way, once; the way down is not interrupted."""
        if not stop.is_set() and task is not None:
            stop.set()
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    planned = layout(settings)
    try:
        async with running(planned, settings.embedded.kafka_jars_dir) as key:
            content = handover(planned, key)
            write(settings.folder, content)
            seconds = time.monotonic() - began
            sys.stdout.write(guide(content, log_folder=settings.folder, seconds=seconds))
            sys.stdout.flush()
            await asyncio.get_running_loop().create_future()
    finally:
        remove(settings.folder)
        claim.release()


def main() -> None:
    """Run until told to stop. Exit code 1: it could not start, and the last line says why."""
    settings = read_settings(Settings)
    logs.configure(settings.logs_for_people(sys.stderr.isatty()), "cluster")
    try:
        asyncio.run(_run(settings))
    except asyncio.CancelledError:
        return
    except TakenError as error:
        sys.exit(f"The cluster can't start: {error}; stop it, or set ARVIO_VAR_DIR")
    except (PortTakenError, ProcessError, BrokerError, BrokerUnavailableError) as error:
        sys.exit(f"The cluster can't start: {error}")


if __name__ == "__main__":
    main()
