"""What one Kafka node is told: its `server.properties`, and how Java runs it."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

LOGGING = Path(__file__).with_name("log4j2.properties")
HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node of a KRaft cluster on this machine, broker and controller in one."""

    folder: Path
    """Its data, its settings file and its logs."""

    port: int
    controller_port: int
    node_id: int = 1
    peers: Sequence["Node"] = field(default=(), repr=False)
    """The other nodes of the cluster; with none it stands alone."""

    heap_megabytes: int = 384

    @property
    def address(self) -> str:
        """Where clients connect."""
        return f"{HOST}:{self.port}"

    @property
    def properties_file(self) -> Path:
        """The settings that Kafka reads."""
        return self.folder / "server.properties"

    @property
    def data_folder(self) -> Path:
        """Where Kafka keeps its partitions."""
        return self.folder / "data"

    @property
    def logs_folder(self) -> Path:
        """Where Kafka says what it does."""
        return self.folder / "logs"

    def properties(self) -> dict[str, str]:
        """Return the content of `server.properties`."""
        cluster = sorted((self, *self.peers), key=lambda node: node.node_id)
        copies = min(3, len(cluster))
        return {
            "process.roles": "broker,controller",
            "node.id": str(self.node_id),
            "controller.quorum.voters": ",".join(
                f"{node.node_id}@{HOST}:{node.controller_port}" for node in cluster
            ),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "BROKER",
            "listeners": f"BROKER://{self.address},CONTROLLER://{HOST}:{self.controller_port}",
            "advertised.listeners": f"BROKER://{self.address}",
            "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self.data_folder.absolute()),
            # Topics are made by create_topics.py, never by a typing error.
            "auto.create.topics.enable": "false",
            "default.replication.factor": str(copies),
            "min.insync.replicas": str(max(1, copies - 1)),
            "offsets.topic.replication.factor": str(copies),
            "offsets.topic.num.partitions": "6",
            "transaction.state.log.replication.factor": str(copies),
            "transaction.state.log.min.isr": str(max(1, copies - 1)),
            "transaction.state.log.num.partitions": "3",
            "share.coordinator.state.topic.replication.factor": str(copies),
            "share.coordinator.state.topic.min.isr": str(max(1, copies - 1)),
            "share.coordinator.state.topic.num.partitions": "1",
            # After kill -9 the old registration has to expire before the node may
            # come back: nine seconds by default.
            "broker.session.timeout.ms": "1500",
            "broker.heartbeat.interval.ms": "300",
            # Consumers that died are noticed as quickly as they ask for.
            "group.min.session.timeout.ms": "1000",
            "group.initial.rebalance.delay.ms": "0",
            # One machine, small heap: fewer threads, and a cleaner of 16 MB, not 128.
            "num.network.threads": "2",
            "num.io.threads": "4",
            "background.threads": "4",
            "log.cleaner.dedupe.buffer.size": "16777216",
            "log.cleaner.threads": "1",
            "log.segment.bytes": "134217728",
            "num.recovery.threads.per.data.dir": "2",
        }

    def command(self, jars: Path, main: str, *arguments: str) -> list[str]:
        """Return the command line that runs the class `main` of Kafka's jars.

        The kernel kills the process when its parent ends, however that ends.
        """
        bound = shutil.which("setpriv")
        return [
            *([bound, "--pdeathsig", "KILL", "--"] if bound else []),
            "java",
            f"-Xmx{self.heap_megabytes}m",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            f"-Dlog4j2.configurationFile={LOGGING}",
            f"-Dkafka.logs.dir={self.logs_folder.absolute()}",
            "-cp",
            f"{jars.absolute()}/*",
            main,
            *arguments,
        ]
