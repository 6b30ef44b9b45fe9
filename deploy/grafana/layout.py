"""Puts panels into rows and rows into a dashboard: places, numbers, links, what all have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import barchart, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
    Panel,
    RowPanel,
)

from deploy.grafana.annotations import annotations
from deploy.grafana.looks import WHOLE_WIDTH
from deploy.grafana.variables import Variable

TAG = "arvio"

AnyPanel = timeseries.Panel | stat.Panel | table.Panel | barchart.Panel


@dataclass(frozen=True, kw_only=True)
class Row:
    """A title and the panels below it, side by side as far as there is room."""

    title: str
    panels: Sequence[AnyPanel]


@dataclass(frozen=True, kw_only=True)
class Page:
    """One dashboard, as its module says it."""

    uid: str
    title: str
    says: str
    """The questions that it answers."""

    rows: Sequence[Row]
    variables: Sequence[Variable]
    since: str = "now-6h"
    refresh: str = "10s"
    links: Sequence[builders.DashboardLink] = ()


def build(page: Page) -> Dashboard:
    """Return the dashboard; the same page gives the same dashboard."""
    builder = (
        builders.Dashboard(page.title)
        .uid(page.uid)
        .description(page.says)
        .tags([TAG])
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .time(page.since, "now")
        .refresh(page.refresh)
        .week_start("monday")
        .variables(list(page.variables))
        .annotations(annotations())
        .links([_to_the_others(), *page.links])
    )
    dashboard = builder.build()
    dashboard.panels = list(_placed(page.rows))
    return dashboard


def link(title: str, url: str) -> builders.DashboardLink:
    """Return a link at the top of a dashboard."""
    return (
        builders.DashboardLink(title)
        .type(DashboardLinkType.LINK)
        .url(url)
        .icon("external link")
        .target_blank(target_blank=True)
    )


def _to_the_others() -> builders.DashboardLink:
    return (
        builders.DashboardLink("Arvio")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(as_dropdown=True)
        .keep_time(keep_time=True)
    )


def _placed(rows: Sequence[Row]) -> Iterator[Panel | RowPanel]:
    number, top = 1, 0
    for row in rows:
        yield RowPanel(
            title=row.title, id_val=number, grid_pos=GridPos(h=1, w=WHOLE_WIDTH, x=0, y=top)
        )
        number, top = number + 1, top + 1
        left = height = 0
        for each in row.panels:
            panel = each.build()
            size = panel.grid_pos or GridPos()
            if left + size.w > WHOLE_WIDTH:
                left, top, height = 0, top + height, 0
            panel.grid_pos = GridPos(h=size.h, w=size.w, x=left, y=top)
            panel.id_val = number
            number, left, height = number + 1, left + size.w, max(height, size.h)
            yield panel
        top += height
