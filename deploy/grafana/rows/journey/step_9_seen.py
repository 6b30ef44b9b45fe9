"""Step 9: everybody sees the score."""

from grafana_foundation_sdk.builders import timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, bars, lines, worse_above
from deploy.grafana.rows.journey.latencies import latency
from deploy.grafana.sources import Prom


def row() -> Row:
    """Return the row."""
    return Row(
        title="9 · Everybody sees it",
        panels=[
            _scores_taken_in(),
            _until_it_can_be_seen(),
            _open_streams(),
            _scores_written_to_streams(),
            _streams_that_ended(),
            _trends_that_could_not_be_fetched(),
        ],
    )


def _scores_taken_in() -> timeseries.Panel:
    return lines(
        Shown(
            title="Scores taken in",
            says="Scores that publication has heard of, per second; each of its processes "
            "hears of all.",
            unit="ops",
            queries=[
                Prom(
                    "sum by (instance) (rate(arvio_scores_followed_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{instance}}",
                )
            ],
        )
    )


def _until_it_can_be_seen() -> timeseries.Panel:
    return latency(
        "Until it can be seen",
        "From the moment that a score speaks of to the moment it could be shown.",
        "arvio_score_age_seconds",
        target=1,
    )


def _open_streams() -> timeseries.Panel:
    return lines(
        Shown(
            title="Open streams",
            says="Pages and subscribers that are shown scores as they change.",
            unit="short",
            queries=[
                Prom(
                    'sum by (kind) (arvio_stream_subscribers{job=~"$job"})',
                    "{{kind}}",
                    quiet="nobody looks on",
                )
            ],
            names=("public", "organisation"),
        )
    )


def _scores_written_to_streams() -> timeseries.Panel:
    return bars(
        Shown(
            title="Scores written to streams",
            says="Scores sent to open streams, per second.",
            unit="ops",
            queries=[
                Prom(
                    "sum by (kind) (rate(arvio_stream_scores_sent_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{kind}}",
                    quiet="nobody looked on",
                )
            ],
            names=("public", "organisation"),
        )
    )


def _streams_that_ended() -> timeseries.Panel:
    return lines(
        Shown(
            title="Streams that ended",
            says="Streams that ended, per second, by reason. Stalled ones did not read "
            "what was sent to them.",
            unit="ops",
            queries=[
                Prom(
                    "sum by (reason) (rate(arvio_streams_ended_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{reason}}",
                    quiet="no stream has ended",
                )
            ],
            names=("left", "stalled", "stopping", "key_refused"),
        )
    )


def _trends_that_could_not_be_fetched() -> timeseries.Panel:
    return lines(
        Shown(
            title="Trends that could not be fetched",
            says="Share of the trends that publication asked of aggregation in vain. "
            "Pages then show the last ones.",
            unit="percentunit",
            queries=[
                Prom(
                    'sum(rate(arvio_series_requests_total{job=~"$job", outcome="failed"}'
                    "[$__rate_interval])) / (sum(rate(arvio_series_requests_total"
                    '{job=~"$job"}[$__rate_interval])) > 0) or vector(0)',
                    "failed",
                )
            ],
            names=("failed",),
            steps=worse_above(0.01, 0.1),
        )
    )
