"""The dashboard of Kafka and ClickHouse."""

from deploy.grafana import variables
from deploy.grafana.layout import Page
from deploy.grafana.rows.stores import clickhouse, kafka, room


def page() -> Page:
    """Return the dashboard."""
    return Page(
        uid="arvio-stores",
        title="Arvio · Kafka and ClickHouse",
        says="What waits in Kafka, how ClickHouse bears what comes in, and how long its disk "
        "will last.",
        rows=[kafka.row(), clickhouse.row(), room.row()],
        variables=[variables.job()],
        since="now-3h",
        refresh="10s",
    )
