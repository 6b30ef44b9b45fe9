"""Every question that our dashboards ask: what tests put to the real engines."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel, VariableModel

from deploy.grafana.dashboards import pages
from deploy.grafana.layout import build
from deploy.grafana.sources import CLICKHOUSE, ClickhouseQuery, PrometheusQuery, Shape

Kind = Literal["panel", "variable", "annotation"]
_BASE_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question, with where it stands."""

    dashboard: str
    """The uid of the dashboard."""

    title: str
    """The title of the panel, or the name of the variable or annotation."""

    kind: Kind
    text: str
    panel: str = ""
    """What the panel is: `timeseries`, `stat` and so on."""

    is_series: bool = False
    """Whether the answer has to be values over time."""

    quiet: str | None = None
    """Why there may rightly be no answer."""

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.title}"


def promql() -> list[str]:
    """Return every expression that Prometheus is asked for."""
    return [asked.text for asked in asked_of_prometheus() if asked.kind != "variable"]


def sql() -> list[str]:
    """Return the text of every question to ClickHouse."""
    return [asked.text for asked in asked_of_clickhouse()]


def asked_of_prometheus() -> list[Asked]:
    """Return every question to Prometheus."""
    return [asked for asked, is_sql in _all() if not is_sql]


def asked_of_clickhouse() -> list[Asked]:
    """Return every question to ClickHouse."""
    return [asked for asked, is_sql in _all() if is_sql]


def _all() -> Iterator[tuple[Asked, bool]]:
    for page in pages(_BASE_URL):
        dashboard = build(page)
        for panel in dashboard.panels or ():
            if isinstance(panel, Panel):
                yield from _of_panel(page.uid, panel)
        for variable in dashboard.templating.list_val or ():
            yield from _of_variable(page.uid, variable)
        yield from _of_annotations(page.uid, dashboard)


def _of_panel(uid: str, panel: Panel) -> Iterator[tuple[Asked, bool]]:
    for target in panel.targets or ():
        is_sql = isinstance(target, ClickhouseQuery)
        if isinstance(target, ClickhouseQuery):
            text, is_series = target.raw_sql, target.query_type is Shape.SERIES
        elif isinstance(target, PrometheusQuery):
            text, is_series = target.expr, not target.instant
        else:
            raise TypeError(target)
        yield (
            Asked(
                dashboard=uid,
                title=panel.title or "",
                kind="panel",
                text=text,
                panel=panel.type_val,
                is_series=is_series,
                quiet=target.quiet,
            ),
            is_sql,
        )


def _of_variable(uid: str, variable: VariableModel) -> Iterator[tuple[Asked, bool]]:
    source = variable.datasource
    if source is not None and isinstance(variable.query, str):
        yield (
            Asked(dashboard=uid, title=variable.name, kind="variable", text=variable.query),
            source.uid == CLICKHOUSE.uid,
        )


def _of_annotations(uid: str, dashboard: Dashboard) -> Iterator[tuple[Asked, bool]]:
    for annotation in dashboard.annotations.list_val or ():
        yield (
            Asked(
                dashboard=uid,
                title=annotation.name,
                kind="annotation",
                text=annotation.expr or "",
                is_series=True,
                quiet="no alert fires" if annotation.name == "Alerts" else None,
            ),
            False,
        )
