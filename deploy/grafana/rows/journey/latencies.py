"""How long something takes, as all rows of the journey show it."""

from grafana_foundation_sdk.builders import timeseries

from deploy.grafana.looks import Shown, lines, worse_above
from deploy.grafana.sources import Prom

_SHARES = {"0.5": "half", "0.95": "19 of 20", "0.99": "99 of 100"}


def latency(
    title: str, says: str, metric: str, *, matching: str = "", target: float, width: int = 8
) -> timeseries.Panel:
    """Return how long it takes for half, for 19 of 20 and for 99 of 100."""
    return lines(
        Shown(
            title=title,
            says=f"{says} Half take no longer than the lowest line, 99 of 100 no longer than "
            "the highest.",
            unit="s",
            queries=[
                Prom(
                    f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket"
                    f'{{job=~"$job"{matching}}}[$__rate_interval])))',
                    legend,
                )
                for share, legend in _SHARES.items()
            ],
            width=width,
            names=tuple(_SHARES.values()),
            steps=worse_above(target, 5 * target),
        )
    )
