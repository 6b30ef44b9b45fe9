"""Step 2: stars become a fact, without personal data."""

from grafana_foundation_sdk.builders import timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, bars, lines
from deploy.grafana.sources import Prom


def row() -> Row:
    """Return the row."""
    return Row(
        title="2 · They become a fact",
        panels=[
            _ratings_accepted(),
            _ratings_turned_away(),
            _masked_in_comments(),
            _suspected_at_the_door(),
        ],
    )


def _ratings_accepted() -> timeseries.Panel:
    return bars(
        Shown(
            title="Ratings accepted",
            says="Ratings that became facts, per second, by where they came from.",
            unit="reqps",
            queries=[
                Prom(
                    "sum by (source) (rate(arvio_ratings_captured_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{source}}",
                )
            ],
            width=6,
        )
    )


def _ratings_turned_away() -> timeseries.Panel:
    return bars(
        Shown(
            title="Ratings turned away",
            says="Ratings that could not be accepted, per second, by the code that the "
            "sender was given.",
            unit="reqps",
            queries=[
                Prom(
                    "sum by (reason) (rate(arvio_ratings_refused_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{reason}}",
                    quiet="nobody was turned away",
                )
            ],
            width=6,
        )
    )


def _masked_in_comments() -> timeseries.Panel:
    return lines(
        Shown(
            title="Masked in comments",
            says="Pieces of personal data that were masked before anything was stored, "
            "per second, by kind. A sudden rise: a page asks for too much.",
            unit="reqps",
            queries=[
                Prom(
                    "sum by (kind) (rate(arvio_comments_masked_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{kind}}",
                    quiet="no comment had personal data",
                )
            ],
            width=6,
        )
    )


def _suspected_at_the_door() -> timeseries.Panel:
    return lines(
        Shown(
            title="Suspected at the door",
            says="Ratings that were accepted but marked as a flood, per second, by "
            "reason. They are kept and left out of the score.",
            unit="reqps",
            queries=[
                Prom(
                    "sum by (reason) (rate(arvio_floods_marked_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{reason}}",
                    quiet="nothing looked like a flood",
                )
            ],
            width=6,
        )
    )
