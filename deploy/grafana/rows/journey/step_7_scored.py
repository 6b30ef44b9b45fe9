"""Step 7: counts become a score."""

from grafana_foundation_sdk.builders import timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, lines
from deploy.grafana.rows.journey.latencies import latency
from deploy.grafana.sources import Prom


def row() -> Row:
    """Return the row."""
    return Row(
        title="7 · Counts become a score",
        panels=[
            _rounds(),
            _time_of_one_round(),
            _left_out_of_scores(),
        ],
    )


def _rounds() -> timeseries.Panel:
    return lines(
        Shown(
            title="Rounds",
            says="Rounds of calculating scores, per second. One round takes all "
            "e-services whose counts have changed.",
            unit="ops",
            queries=[
                Prom(
                    'sum(rate(arvio_score_duration_seconds_count{job=~"$job"}[$__rate_interval]))',
                    "rounds",
                )
            ],
            names=("rounds",),
        )
    )


def _time_of_one_round() -> timeseries.Panel:
    return latency(
        "Time of one round",
        "From the round's queries to the acknowledgement of its scores by the brokers.",
        "arvio_score_duration_seconds",
        target=0.5,
    )


def _left_out_of_scores() -> timeseries.Panel:
    return lines(
        Shown(
            title="Left out of scores",
            says="Ratings stored but suspected, per second, by reason.",
            unit="reqps",
            queries=[
                Prom(
                    "sum by (reason) (rate(arvio_ratings_suspected_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{reason}}",
                    quiet="nothing was suspected",
                )
            ],
            names=("address_burst", "repeated_comment", "token_reused"),
        )
    )
