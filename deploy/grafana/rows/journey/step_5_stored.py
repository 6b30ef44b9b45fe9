"""Step 5: the fact is stored once."""

from grafana_foundation_sdk.builders import timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, bars, lines
from deploy.grafana.rows.journey.latencies import latency
from deploy.grafana.rows.journey.step_4_heard import FACTS
from deploy.grafana.sources import Prom


def row() -> Row:
    """Return the row."""
    return Row(
        title="5 · It is stored once",
        panels=[
            _rows_stored(),
            _known_already(),
            _from_the_door_to_the_store(),
        ],
    )


def _rows_stored() -> timeseries.Panel:
    return bars(
        Shown(
            title="Rows stored",
            says="Rows of facts that ClickHouse has taken, per second, by table.",
            unit="wps",
            queries=[
                Prom(
                    "sum by (table) (rate(arvio_rows_inserted_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{table}}",
                )
            ],
            names=("ratings", "completions", "questions_shown"),
        )
    )


def _known_already() -> timeseries.Panel:
    return lines(
        Shown(
            title="Known already",
            says="Events whose id was stored already, per second. They are not counted "
            "again; many of them: somebody sends everything twice.",
            unit="reqps",
            queries=[
                Prom(
                    "sum by (topic) (rate(arvio_events_duplicate_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{topic}}",
                    quiet="nothing was sent twice",
                )
            ],
            names=FACTS,
        )
    )


def _from_the_door_to_the_store() -> timeseries.Panel:
    return latency(
        "From the door to the store",
        "From the moment our door received an event to the moment it was stored.",
        "arvio_event_age_seconds",
        target=0.5,
    )
