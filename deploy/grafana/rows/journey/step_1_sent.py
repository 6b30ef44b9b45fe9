"""Step 1: a person sends stars."""

from grafana_foundation_sdk.builders import timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, bars, lines, worse_above
from deploy.grafana.rows.journey.latencies import latency
from deploy.grafana.sources import Prom


def row() -> Row:
    """Return the row."""
    return Row(
        title="1 · A person sends stars",
        panels=[
            _requests_at_the_door(),
            _requests_that_did_not_succeed(),
            _time_to_answer(),
        ],
    )


def _requests_at_the_door() -> timeseries.Panel:
    return bars(
        Shown(
            title="Requests at the door",
            says="Requests of widgets and pages to rate, and to tell that the question was seen, "
            "per second. Batches and completions are among other requests.",
            unit="reqps",
            queries=[
                Prom(
                    "sum by (route) (rate(arvio_door_requests_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{route}}",
                )
            ],
        )
    )


def _requests_that_did_not_succeed() -> timeseries.Panel:
    return lines(
        Shown(
            title="Requests that did not succeed",
            says="Share of requests that were turned away (4xx: the sender's doing) and "
            "that we failed to answer (5xx: ours; widgets try again).",
            unit="percentunit",
            queries=[
                Prom(
                    "sum(rate(arvio_door_requests_total"
                    f'{{job=~"$job", status=~"{digit}.."}}'
                    "[$__rate_interval])) / (sum(rate(arvio_door_requests_total"
                    '{job=~"$job"}[$__rate_interval])) > 0) or vector(0)',
                    legend,
                )
                for digit, legend in ((4, "turned away (4xx)"), (5, "failed (5xx)"))
            ],
            names=("turned away (4xx)", "failed (5xx)"),
            steps=worse_above(0.001, 0.01),
        )
    )


def _time_to_answer() -> timeseries.Panel:
    return latency(
        "Time to answer",
        "From a request to its answer, the acknowledgement of the brokers included.",
        "arvio_door_duration_seconds",
        target=0.1,
    )
