"""Every variable that only the cluster on one machine reads."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from deploy.embedded.settings import Settings as EmbeddedModeSettings
from shared.settings import ClickhouseSettings, DatabaseSettings, KafkaSettings, Section

Processes = Annotated[int, Field(ge=1, le=9)]


class ClusterSettings(Section):
    """How many processes the cluster on one machine has, and where they listen."""

    first_port: Annotated[int, Field(ge=0, le=65_000)] = 18_100
    """First of the ports, which follow one another, loopback only; 0 takes any that are free."""

    brokers: Processes = 3
    """Kafka nodes; each message is on three of them, and on two before it is acknowledged."""

    broker_heap_megabytes: Annotated[int, Field(ge=128)] = 256
    """Most memory that Java may use for objects, for each node."""

    catalogue_processes: Processes = 1
    """Processes of the catalogue, which share one store."""

    rating_capture_processes: Processes = 2
    """Processes of rating capture; clients turn to any of them."""

    aggregation_processes: Processes = 2
    """Processes of aggregation, which share the partitions and one ClickHouse."""

    publication_processes: Processes = 2
    """Processes of publication; each knows all scores."""

    static_members: bool = True
    """Whether each aggregation process keeps its name in its groups, so that it finds its
    partitions again when it has been killed and started again."""


class Settings(EmbeddedModeSettings):
    """What the cluster reads, besides what it hands on to the programs."""

    cluster: ClusterSettings = ClusterSettings()
    clickhouse: ClickhouseSettings = ClickhouseSettings()
    database: DatabaseSettings = DatabaseSettings()

    @property
    def folder(self) -> Path:
        """Where the cluster keeps everything."""
        return self.var_dir.absolute() / "cluster"

    @property
    def copies(self) -> int:
        """On how many nodes each message is."""
        return min(3, self.cluster.brokers)

    def kafka_at(self, addresses: list[str]) -> KafkaSettings:
        """Return how the nodes at these addresses are reached, and how topics are made on them."""
        return self.kafka.model_copy(
            update={
                "bootstrap_servers": ",".join(addresses),
                "replication_factor": self.copies,
                "min_insync_replicas": max(1, self.copies - 1),
            }
        )
