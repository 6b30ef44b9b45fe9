"""Runs one real Kafka node as a child process, and mends it when it dies.

The node is formatted once; what it has acknowledged survives a kill of either
process, because both leave the writing of files to the kernel.
"""

import asyncio
import base64
import shutil
import socket
import uuid
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.claims import Claim, TakenError, note_pid
from deploy.kafka.node import HOST, Node
from shared import logs
from shared.errors import ArvioError

_log = logs.logger(__name__)

_POLL_SECONDS = 0.1
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0


class BrokerError(ArvioError):
    """The broker can't be started; the sentence says why, and what to do."""

    code = "broker_not_started"


class Broker:
    """One Kafka node, owned by this process."""

    def __init__(
        self,
        node: Node,
        jars: Path,
        *,
        start_seconds: float = 60.0,
        stop_seconds: float = 20.0,
    ) -> None:
        self.node = node
        self._jars = jars
        self._start_seconds = start_seconds
        self._stop_seconds = stop_seconds
        self._claim: Claim | None = None
        self._process: Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._missing: str | None = "the broker has not been started"

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process and running else None

    async def check(self) -> str | None:
        """Say what is the matter with the broker, if anything is."""
        return self._missing

    async def start(self) -> None:
        """Start the node and return once it takes messages; formats its folder at first.

        Raises `BrokerError` when that can't be.
        """
        self._take_folder()
        try:
            await self._prepare()
            await self._launch()
        except BaseException:
            await self.stop()
            raise
        self._missing = None
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Let the node close its files, and return once it has ended."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait((self._watching,))
            self._watching = None
        self._missing = "the broker is stopping"
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), self._stop_seconds)
            except TimeoutError:
                _log.warning("broker_killed", reason="it did not stop when told to")
                await self._kill()
        if self._claim is not None:
            self._claim.release()

    def _take_folder(self) -> None:
        """Make sure that what the node needs is here, and its folder nobody else's."""
        if not next(self._jars.glob("kafka_*.jar"), None):
            message = f"Kafka's jars are not in {self._jars}; `make setup` gets them"
            raise BrokerError(message)
        if shutil.which("java") is None:
            message = "Kafka needs Java 17 or newer, and there is no `java` here"
            raise BrokerError(message)
        try:
            self._claim = Claim(self.node.folder)
        except TakenError as error:
            message = f"{error}; stop it, or set ARVIO_VAR_DIR to another folder"
            raise BrokerError(message) from error

    async def _prepare(self) -> None:
        for name, port in (
            ("ARVIO_EMBEDDED__KAFKA_PORT", self.node.port),
            ("ARVIO_EMBEDDED__KAFKA_CONTROLLER_PORT", self.node.controller_port),
        ):
            _check_port(port, name)
        self.node.logs_folder.mkdir(exist_ok=True)
        lines = [f"{name}={value}\n" for name, value in self.node.properties().items()]
        self.node.properties_file.write_text("".join(lines), encoding="utf-8")
        if not (self.node.data_folder / "meta.properties").exists():
            await self._format()

    async def _format(self) -> None:
        """Make the data folder of a new node; a half-made one is made anew."""
        shutil.rmtree(self.node.data_folder, ignore_errors=True)
        command = self.node.command(
            self._jars,
            "kafka.tools.StorageTool",
            "format",
            # In one word: an id may begin with a dash.
            f"--cluster-id={self.cluster_id}",
            *("--config", str(self.node.properties_file)),
        )
        process = await self._spawn(command)
        if await process.wait() != 0:
            message = f"Kafka's folder can't be formatted; see {self._console}"
            raise BrokerError(message)

    @property
    def cluster_id(self) -> str:
        """What all nodes of this cluster agree on without talking."""
        cluster = sorted(str(node.folder.absolute()) for node in (self.node, *self.node.peers))
        return base64.urlsafe_b64encode(
            uuid.uuid5(uuid.NAMESPACE_URL, "|".join(cluster)).bytes
        ).decode()[:22]

    @property
    def _console(self) -> Path:
        return self.node.logs_folder / "console.log"

    async def _spawn(self, command: list[str]) -> Process:
        with self._console.open("ab") as console:
            return await asyncio.create_subprocess_exec(
                *command,
                stdin=DEVNULL,
                stdout=console,
                stderr=console,
                # Ctrl-C reaches a whole terminal; programs stop first, then Kafka.
                start_new_session=True,
            )

    async def _launch(self) -> None:
        command = self.node.command(
            self._jars, "kafka.Kafka", str(self.node.properties_file.absolute())
        )
        self._process = await self._spawn(command)
        note_pid(self.node.folder, self._process.pid)
        ending = asyncio.create_task(self._process.wait())
        answering = asyncio.create_task(self._until_it_answers())
        try:
            await asyncio.wait(
                (ending, answering),
                timeout=self._start_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if ending.done():
                message = f"Kafka ended while it started; see {self.node.logs_folder}"
                raise BrokerError(message)
            if not answering.done():
                await self._kill()
                message = (
                    f"Kafka was not ready within {self._start_seconds:.0f} s; "
                    f"see {self.node.logs_folder}"
                )
                raise BrokerError(message)
        finally:
            answering.cancel()
            ending.cancel()

    async def _until_it_answers(self) -> None:
        """Return once the node is a member of its cluster and takes clients."""
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(HOST, self.node.port)
                writer.close()
                if await _is_member(self.node):
                    return
            await asyncio.sleep(_POLL_SECONDS)

    async def _watch(self) -> None:
        """Start the node again whenever it has ended by itself."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            assert self._process is not None  # noqa: S101  start() has set it
            code = await self._process.wait()
            self._missing = "the broker has died and is being started again"
            _log.error(
                "broker_died",
                node_id=self.node.node_id,
                exit_code=code,
                restart_in_seconds=pause,
            )
            await asyncio.sleep(pause)
            try:
                await self._launch()
            except (BrokerError, OSError) as error:
                _log.error("broker_not_restarted", node_id=self.node.node_id, error=str(error))
                await self._kill()
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                continue
            pause = _FIRST_PAUSE_SECONDS
            self._missing = None
            _log.info("broker_restarted", node_id=self.node.node_id, pid=self.pid)

    async def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


async def _is_member(node: Node) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=node.address, request_timeout_ms=2_000)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()
    return any(broker["node_id"] == node.node_id for broker in cluster["brokers"])


def _check_port(port: int, name: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            message = (
                f"port {port}, which Kafka needs, is taken; stop what listens there, "
                f"or set {name} to another port"
            )
            raise BrokerError(message) from error
