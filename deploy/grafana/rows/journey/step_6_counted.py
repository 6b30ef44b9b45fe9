"""Step 6: ClickHouse counts the fact."""

from grafana_foundation_sdk.builders import stat, timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, lines, number, worse_above
from deploy.grafana.rows.journey.latencies import latency
from deploy.grafana.sources import Prom, Sql


def row() -> Row:
    """Return the row."""
    return Row(
        title="6 · ClickHouse counts it",
        panels=[
            _time_of_one_batch(),
            _rows_of_the_roll_ups(),
            _stored_but_not_counted(),
        ],
    )


def _time_of_one_batch() -> timeseries.Panel:
    return latency(
        "Time of one batch",
        "How long one batch took, from its lookup of ids to its roll-ups.",
        "arvio_insert_duration_seconds",
        target=0.2,
    )


def _rows_of_the_roll_ups() -> timeseries.Panel:
    return lines(
        Shown(
            title="Rows of the roll-ups",
            says="How many rows the counts by minute, hour and day take. They grow with "
            "e-services and time, hardly with ratings.",
            unit="short",
            queries=[
                Prom(
                    f'max(arvio_store_rows{{job=~"$job", table="ratings_by_{grain}"}})',
                    f"by {grain}",
                )
                for grain in ("minute", "hour", "day")
            ],
            names=("by minute", "by hour", "by day"),
        )
    )


def _stored_but_not_counted() -> stat.Panel:
    return number(
        Shown(
            title="Stored but not counted",
            says="Ratings of the last 24 full hours by which long table and roll-up "
            "differ. It is 0; for a moment, while a batch is under way, it may not be.",
            unit="short",
            queries=[Sql("journey_roll_ups")],
            steps=worse_above(1, 1_000),
        )
    )
