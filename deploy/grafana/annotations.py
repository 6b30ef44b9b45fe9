"""What is marked on every chart: a release, and an alert that fires."""

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import AnnotationQuery

from deploy.grafana.looks import BLUE, VERMILION
from deploy.grafana.sources import PROMETHEUS

RELEASES = (
    "count by (version) (arvio_build_info) unless count by (version) (arvio_build_info offset 1m)"
)
ALERTS = 'count by (alertname, severity) (ALERTS{alertstate="firing", alertname=~"Arvio.*"})'


class _Prometheus(AnnotationQuery):
    """An annotation from Prometheus, whose own fields the SDK does not know."""

    def __init__(self, name: str, colour: str, expr: str, title: str, tags: str) -> None:
        super().__init__(name=name, datasource=PROMETHEUS, icon_color=colour, expr=expr)
        self._title = title
        self._tags = tags

    def to_json(self) -> dict[str, object]:
        """Return what stands in the dashboard's JSON."""
        return super().to_json() | {
            "step": "60s",
            "tagKeys": self._tags,
            "titleFormat": self._title,
            "useValueForTime": False,
        }


class _Built(Builder[AnnotationQuery]):
    def __init__(self, query: AnnotationQuery) -> None:
        self._query = query

    def build(self) -> AnnotationQuery:
        return self._query


def annotations() -> list[Builder[AnnotationQuery]]:
    """Return all of them."""
    return [
        _Built(_Prometheus("Releases", BLUE, RELEASES, "Version {{version}}", "version")),
        _Built(_Prometheus("Alerts", VERMILION, ALERTS, "{{alertname}}", "severity")),
    ]
