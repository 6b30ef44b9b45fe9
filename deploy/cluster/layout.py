"""Which processes the cluster has, where each listens, and what each is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.cluster.ports import ports
from deploy.cluster.process import Plan
from deploy.cluster.settings import Settings
from deploy.kafka.node import HOST, Node
from shared.settings import KafkaSettings

# Aggregation first: two others are told where it is.
PROGRAMS = ("aggregation", "catalogue", "rating_capture", "publication")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Everything that will run."""

    folder: Path
    nodes: Sequence[Node]
    kafka: KafkaSettings

    store: Plan | None
    """The stand-in for ClickHouse; none where a server was named."""

    clickhouse_dsn: str
    programs: Sequence[Plan]

    def of(self, program: str) -> list[Plan]:
        """Return the processes of one program."""
        return [plan for plan in self.programs if plan.module == f"services.{program}"]


def layout(settings: Settings) -> Layout:
    """Return what will run; raises `PortTakenError`."""
    given = ports(settings.cluster.first_port)
    nodes = _nodes(settings, given)
    kafka = settings.kafka_at([node.address for node in nodes])
    store, dsn = _store(settings, given)
    common = {
        "ARVIO_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "ARVIO_KAFKA__REPLICATION_FACTOR": str(kafka.replication_factor),
        "ARVIO_KAFKA__MIN_INSYNC_REPLICAS": str(kafka.min_insync_replicas),
        "ARVIO_HTTP__HOST": HOST,
        "ARVIO_TOKENS__SIGNING_SECRET": (
            settings.signing_secret().signing_secret.get_secret_value()
        ),
    }
    programs: list[Plan] = []
    for program in PROGRAMS:
        of_program = {**common, **_own(program, settings, dsn, programs)}
        programs += _processes(program, settings, of_program, given)
    return Layout(
        folder=settings.folder,
        nodes=nodes,
        kafka=kafka,
        store=store,
        clickhouse_dsn=dsn,
        programs=programs,
    )


def _nodes(settings: Settings, given: Iterator[int]) -> list[Node]:
    alone = [
        Node(
            folder=settings.folder / f"kafka-{number}",
            node_id=number,
            port=next(given),
            controller_port=next(given),
            heap_megabytes=settings.cluster.broker_heap_megabytes,
        )
        for number in range(1, settings.cluster.brokers + 1)
    ]
    return [
        replace(node, peers=tuple(other for other in alone if other is not node)) for node in alone
    ]


def _store(settings: Settings, given: Iterator[int]) -> tuple[Plan | None, str]:
    """Return the stand-in and where it is reached, or the server that was named."""
    if settings.clickhouse.dsn is not None:
        return None, settings.clickhouse.dsn.get_secret_value()
    port = next(given)
    folder = settings.folder / "clickhouse"
    plan = Plan(
        name="clickhouse",
        module="deploy.cluster.clickhouse_stand_in",
        folder=folder,
        port=port,
        arguments=(str(folder / "data"), str(port)),
        probe="/ping",
    )
    return plan, f"http://default@{HOST}:{port}/default"


def _own(program: str, settings: Settings, dsn: str, others: Sequence[Plan]) -> Mapping[str, str]:
    """Return what only the processes of this program are told."""
    own: dict[str, str] = {}
    if program == "aggregation":
        own["ARVIO_CLICKHOUSE__DSN"] = dsn
    if program in {"catalogue", "publication"}:
        first = next(plan for plan in others if plan.module == "services.aggregation")
        own[f"ARVIO_{program.upper()}__AGGREGATION_URL"] = first.base_url
    if program == "catalogue" and settings.database.url is None:
        own["ARVIO_DATABASE__URL"] = f"sqlite:///{settings.folder / 'catalogue.sqlite3'}"
    return own


def _processes(
    program: str, settings: Settings, environment: Mapping[str, str], given: Iterator[int]
) -> Iterator[Plan]:
    count: int = getattr(settings.cluster, f"{program}_processes")
    for number in range(1, count + 1):
        name = f"{program}-{number}"
        folder, port = settings.folder / name, next(given)
        own = {"ARVIO_VAR_DIR": str(folder), "ARVIO_HTTP__PORT": str(port)}
        if program == "aggregation" and settings.cluster.static_members:
            own["ARVIO_KAFKA__GROUP_INSTANCE_ID"] = name
        yield Plan(
            name=name,
            module=f"services.{program}",
            folder=folder,
            port=port,
            environment={**environment, **own},
        )
