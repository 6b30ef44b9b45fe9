"""How much room there is, and how long it will last."""

from grafana_foundation_sdk.builders import stat, timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, cells, column, lines, number, worse_above, worse_below
from deploy.grafana.sources import Prom, Sql

_FREE = 'min(arvio_store_disk_free_bytes{job=~"$job"})'


def row() -> Row:
    """Return the row."""
    disks = cells(
        Shown(
            title="Disks of ClickHouse",
            says="The local disks as ClickHouse's node that answers has them.",
            unit="bytes",
            queries=[Sql("stores_disks")],
            width=8,
            steps=worse_above(0.8, 0.95),
        )
    )
    column(disks, "Used", unit="percentunit", custom__cellOptions={"type": "color-text"})
    return Row(
        title="Room",
        panels=[
            _free(),
            _in_a_week(),
            _bytes_by_table(),
            disks,
        ],
    )


def _free() -> stat.Panel:
    return number(
        Shown(
            title="Free",
            says="Share of ClickHouse's disk that is free.",
            unit="percentunit",
            queries=[Prom(f'{_FREE} / max(arvio_store_disk_bytes{{job=~"$job"}})')],
            width=4,
            maximum=1,
            steps=worse_below(0.2, 0.05),
        )
    )


def _in_a_week() -> stat.Panel:
    return number(
        Shown(
            title="In a week",
            says="What would be free in a week if it went on as in the last six hours. "
            "Below zero: the disk will be full before.",
            unit="bytes",
            queries=[
                # Recorded, since a process of a minute's age has no trend, and each says the same.
                Prom("predict_linear(arvio:store_disk_free_bytes:min[6h], 604800)")
            ],
            width=4,
            minimum=None,
            steps=worse_below(10_000_000_000, 0),
        )
    )


def _bytes_by_table() -> timeseries.Panel:
    return lines(
        Shown(
            title="Bytes by table",
            says="What each table takes on disk, of the ten largest.",
            unit="bytes",
            queries=[
                Prom(
                    'topk(10, max by (table) (arvio_store_bytes{job=~"$job"}))',
                    "{{table}}",
                )
            ],
        )
    )
