"""The catalogue as a process beside a real broker: nothing that was committed stays untold."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import httpx
import pytest

from services.catalogue.app import create_program
from services.catalogue.development import ensure_development_data
from services.catalogue.errors import MissingSecretError, NotEmbeddedError
from services.catalogue.migrate import prepare
from services.catalogue.settings import Settings
from services.catalogue.storage import Store, create_engine, tables
from shared import topics
from shared.errors import BrokerUnavailableError
from shared.events import ApiKeyChanged, EserviceChanged, Event, OrganisationChanged
from shared.kafka import TopicFollower
from shared.outbox import OutboxRelay
from shared.settings import KafkaSettings
from tests.support.broker import TestBroker
from tests.support.ports import free_port
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from tests.support.postgres import Postgres

ROOT = Path(__file__).parents[3]
NAMES = {"fi": "Virasto"}
FOLLOWED = (
    topics.ORGANISATION_CHANGED,
    topics.ESERVICE_CHANGED,
    topics.QUESTION_SET_CHANGED,
    topics.API_KEY_CHANGED,
)


@dataclass
class Heard:
    """All that the catalogue's topics say."""

    events: list[Event] = field(default_factory=list)

    def states_of(self, key: UUID | str) -> list[Event]:
        return [event for event in self.events if event.key == str(key).encode()]


@asynccontextmanager
async def listening(kafka: KafkaSettings) -> AsyncIterator[Heard]:
    heard = Heard()
    follower = TopicFollower(kafka, dict.fromkeys(FOLLOWED, heard.events.append))
    await follower.start()
    try:
        yield heard
    finally:
        await follower.stop()


@dataclass
class Process:
    """`python -m services.catalogue`, to be started, killed and started again."""

    environment: dict[str, str]
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    def launch(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services.catalogue"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    async def start(self) -> None:
        self.launch()
        await eventually(self.is_ready, 40, saying="the catalogue is ready")

    async def is_ready(self) -> bool:
        async with self.client() as client:
            return (await client.get("/health/ready")).is_success

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", timeout=10, trust_env=False
        )

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "services.catalogue", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(params=["sqlite", "postgresql"])
def process(
    request: pytest.FixtureRequest, kafka: TestBroker, tmp_path: Path
) -> Iterator[Process]:
    port = free_port()
    environment = {
        "PATH": os.defpath,
        "ARVIO_VAR_DIR": str(tmp_path),
        "ARVIO_HTTP__PORT": str(port),
        "ARVIO_KAFKA__BOOTSTRAP_SERVERS": kafka.settings.bootstrap_servers,
        "ARVIO_TOKENS__SIGNING_SECRET": "a secret of these tests",
    }
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        environment["ARVIO_DATABASE__URL"] = postgres.create(f"test_{uuid4().hex}")
    one = Process(environment, port)
    yield one
    if one.process is not None:
        one.stop()


async def with_key(process: Process) -> dict[str, str]:
    """Issue a key on the command line, and wait until the running program knows it."""
    issued = process.command("keys", "issue", "--scope", "catalogue:write",
                             "--scope", "catalogue:read", "--scope", "keys:write")  # fmt: skip
    assert issued.returncode == 0, issued.stderr
    assert "published" in issued.stderr
    headers = {"Authorization": f"Bearer {issued.stdout.strip()}"}

    async def opens() -> bool:
        async with process.client() as client:
            return (await client.get("/v1/eservices", headers=headers)).is_success

    await eventually(opens, saying="the key opens")
    return headers


async def test_what_was_committed_before_a_kill_is_told_after_it(
    process: Process, kafka: TestBroker
) -> None:
    await process.start()
    headers = await with_key(process)
    organisation_id = uuid4()
    assert kafka.pid is not None

    # While the broker stands still, a state is committed and its event waits.
    os.kill(kafka.pid, signal.SIGSTOP)
    try:
        async with process.client() as client:
            body = {"organisation_id": str(organisation_id), "names": NAMES}
            answer = await client.post("/v1/organisations", json=body, headers=headers)
        process.kill()
    finally:
        os.kill(kafka.pid, signal.SIGCONT)
    await process.start()

    assert answer.status_code == 201
    async with listening(kafka.settings) as heard:
        await eventually(lambda: heard.states_of(organisation_id))
        told = heard.states_of(organisation_id)
    # It may have gone out twice; it is one fact, and the table has one row.
    assert len({event.event_id for event in told}) == 1
    assert isinstance(told[-1], OrganisationChanged)
    assert told[-1].names == NAMES
    assert process.stop() == 0


async def test_states_of_one_thing_go_out_in_their_order_whoever_is_killed(
    process: Process, kafka: TestBroker
) -> None:
    await process.start()
    headers = await with_key(process)
    organisation_id, eservice_id = str(uuid4()), str(uuid4())
    last = 0

    async with process.client() as client:
        await client.post(
            "/v1/organisations",
            json={"organisation_id": organisation_id, "names": NAMES},
            headers=headers,
        )
        await client.post(
            "/v1/eservices",
            json={
                "eservice_id": eservice_id,
                "organisation_id": organisation_id,
                "names": {"fi": "0"},
            },
            headers=headers,
        )
    for round_of_kills in range(2):
        async with process.client() as client:
            for _ in range(15):
                last += 1
                answer = await client.patch(
                    f"/v1/eservices/{eservice_id}",
                    json={"names": {"fi": str(last)}},
                    headers=headers | {"If-Match": "*"},
                )
                assert answer.status_code == 200
        if round_of_kills == 0:
            process.kill()
            await process.start()
            await eventually(process.is_ready)

    async with listening(kafka.settings) as heard:
        await eventually(
            lambda: [
                event
                for event in heard.states_of(eservice_id)
                if isinstance(event, EserviceChanged) and event.names == {"fi": str(last)}
            ]
        )
        told = heard.states_of(eservice_id)
    # Repeats keep their id. In order of their first arrival nothing is missing or swapped.
    firsts = {event.event_id: event for event in reversed(told)}
    names = [
        int(event.names["fi"])
        for event in sorted(firsts.values(), key=told.index)
        if isinstance(event, EserviceChanged)
    ]
    assert names == list(range(last + 1))


@pytest.mark.parametrize("process", ["sqlite"], indirect=True)
async def test_the_command_line_works_without_the_program_and_says_so(
    process: Process, kafka: TestBroker
) -> None:
    alone = process.command("keys", "issue", "--scope", "ratings:write", "--label", "alone")
    assert alone.returncode == 0
    assert "wait in the outbox" in alone.stderr
    key_id = alone.stdout.split("_")[1]

    await process.start()

    async with listening(kafka.settings) as heard:
        await eventually(lambda: heard.states_of(key_id))
        revoked = process.command("keys", "revoke", key_id)
        await eventually(
            lambda: [
                event
                for event in heard.states_of(key_id)
                if isinstance(event, ApiKeyChanged) and event.revoked_at is not None
            ]
        )
        count = len(heard.states_of(key_id))
        again = process.command("republish")
        await eventually(lambda: len(heard.states_of(key_id)) > count)
    assert "published" in revoked.stderr
    assert again.returncode == 0


class _Broken(OutboxRelay):
    """Dies after the broker has acknowledged and before the row says so."""

    def _mark(self, *_arguments: object) -> None:
        message = "killed"
        raise BrokerUnavailableError(message)


class _Recorder:
    """Takes what would go to the broker."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes | None, str]] = []

    async def publish_raw(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
    ) -> None:
        del topic, value
        self.sent.append((key, dict(headers)["ce_id"].decode()))


async def test_an_event_that_goes_out_twice_keeps_its_id(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'catalogue.sqlite3'}")
    prepare(engine)
    recorder = _Recorder()

    broken = _Broken(engine, tables.outbox, recorder)  # type: ignore[arg-type]
    await broken.start()
    await eventually(lambda: recorder.sent)
    await broken.stop()
    before = list(recorder.sent)
    whole = OutboxRelay(engine, tables.outbox, recorder)  # type: ignore[arg-type]
    await whole.start()
    store = Store(engine)

    def is_all_out() -> bool:
        with store.read() as session:
            return session.waiting_events() == 0

    await eventually(is_all_out)
    await whole.stop()

    assert len(recorder.sent) > len(before)
    assert len(set(recorder.sent)) == 1
    engine.dispose()


async def test_development_data_stays_the_same_from_run_to_run(tmp_path: Path) -> None:
    settings = Settings(mode="embedded", var_dir=tmp_path)

    first, second = [await ensure_development_data(settings) for _ in range(2)]
    (tmp_path / "catalogue.sqlite3").unlink()
    anew = await ensure_development_data(settings)

    assert first == second
    assert anew.api_key == first.api_key
    assert anew.eservices == first.eservices
    assert len(first.eservices) == 13
    assert (tmp_path / "development-key").stat().st_mode & 0o077 == 0


async def test_development_data_is_refused_outside_embedded_mode(tmp_path: Path) -> None:
    with pytest.raises(NotEmbeddedError):
        await ensure_development_data(Settings(var_dir=tmp_path))


def test_the_program_does_not_start_without_its_secret(tmp_path: Path) -> None:
    with pytest.raises(MissingSecretError, match="ARVIO_TOKENS__SIGNING_SECRET"):
        create_program(Settings(var_dir=tmp_path))
