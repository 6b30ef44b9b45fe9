"""Every variable that backing up reads: where the stores are."""

from shared.settings import ArvioSettings, ClickhouseSettings, DatabaseSettings


class Settings(ArvioSettings):
    """Where the stores of the embedded mode are."""

    clickhouse: ClickhouseSettings = ClickhouseSettings()
    database: DatabaseSettings = DatabaseSettings()

    @property
    def elsewhere(self) -> list[str]:
        """Say which stores are not in the folder, and how each of them is backed up."""
        found = []
        if self.clickhouse.dsn is not None:
            found.append("ClickHouse is elsewhere: `python -m services.aggregation backup`")
        if self.database.url is not None:
            found.append("the catalogue is elsewhere: `python -m services.catalogue backup`")
        if "bootstrap_servers" in self.kafka.model_fields_set:
            found.append("Kafka is elsewhere: its replicas are its backup")
        return found
