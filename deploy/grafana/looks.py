"""How our panels look: one place for defaults, colours and what every panel has to say."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from grafana_foundation_sdk.builders import barchart, common, dashboard, stat, table, timeseries
from grafana_foundation_sdk.models import common as choices
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
)

from deploy.grafana.sources import Query

# Okabe & Ito's colours, which colour-blind people can tell apart.
BLUE, SKY, GREEN, YELLOW = "#0072B2", "#56B4E9", "#009E73", "#F0E442"
ORANGE, VERMILION, PURPLE, GREY = "#E69F00", "#D55E00", "#CC79A7", "#999999"
_PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW, GREY)

STARS = ("1", "2", "3", "4", "5")
_STAR_COLOURS = dict(zip(STARS, (VERMILION, ORANGE, GREY, SKY, BLUE), strict=True))

GOOD, DOUBTFUL, BAD = GREEN, ORANGE, VERMILION

WHOLE_WIDTH = 24
_HEIGHT = 7

P = TypeVar("P", timeseries.Panel, stat.Panel, table.Panel, barchart.Panel)
Steps = tuple[tuple[float | None, str], ...]


def worse_above(doubtful: float, bad: float) -> Steps:
    """Return thresholds of something of which less is better."""
    return (None, GOOD), (doubtful, DOUBTFUL), (bad, BAD)


def worse_below(doubtful: float, bad: float) -> Steps:
    """Return thresholds of something of which more is better; `bad` is the lower one."""
    return (None, BAD), (bad, DOUBTFUL), (doubtful, GOOD)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a panel has to say; nothing of it may be left empty."""

    title: str
    says: str
    """What the numbers are and what to make of them, in plain words."""

    unit: str
    queries: Sequence[Query]
    width: int = 8
    height: int = _HEIGHT
    steps: Steps = ((None, BLUE),)
    minimum: float | None = 0
    maximum: float | None = None
    decimals: int | None = None
    names: Sequence[str] = field(default=())
    """The series that there can be, in their order, where it is known: each has its colour."""

    empty: str = "nothing yet"
    """What is shown where there is no value."""


def lines(shown: Shown) -> timeseries.Panel:
    """Return lines over time."""
    panel = (
        timeseries.Panel()
        .draw_style(choices.GraphDrawStyle.LINE)
        .line_width(2)
        .fill_opacity(0)
        .show_points(choices.VisibilityMode.AUTO)
        .legend(_legend())
        .tooltip(
            common.VizTooltipOptions()
            .mode(choices.TooltipDisplayMode.MULTI)
            .sort(choices.SortOrder.DESCENDING)
        )
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    )
    if len(shown.steps) > 1:
        panel.thresholds_style(
            common.GraphThresholdsStyleConfig().mode(choices.GraphTresholdsStyleMode.DASHED)
        )
    colours = _STAR_COLOURS if tuple(shown.names) == STARS else _colours(shown.names)
    for name, colour in colours.items():
        panel.override_by_name(name, [_fixed(colour)])
    return _dress(panel, shown)


def bars(shown: Shown) -> timeseries.Panel:
    """Return stacked bars over time: parts of a whole."""
    return (
        lines(shown)
        .draw_style(choices.GraphDrawStyle.BARS)
        .fill_opacity(80)
        .line_width(0)
        .show_points(choices.VisibilityMode.NEVER)
        .stacking(common.StackingConfig().mode(choices.StackingMode.NORMAL).group("A"))
    )


def number(shown: Shown) -> stat.Panel:
    """Return one number, large, coloured by its thresholds."""
    panel = (
        stat.Panel()
        .graph_mode(choices.BigValueGraphMode.AREA)
        .color_mode(choices.BigValueColorMode.VALUE)
        .justify_mode(choices.BigValueJustifyMode.AUTO)
        .text_mode(choices.BigValueTextMode.AUTO)
        .orientation(choices.VizOrientation.AUTO)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False))
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )
    return _dress(panel, shown)


def cells(shown: Shown, *, sort_by: str | None = None) -> table.Panel:
    """Return a table."""
    panel = (
        table.Panel()
        .cell_height(choices.TableCellHeight.SM)
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )
    if sort_by is not None:
        panel.sort_by([common.TableSortByFieldState().display_name(sort_by).desc(desc=True)])
    return _dress(panel, shown)


def columns(shown: Shown, *, of: str) -> barchart.Panel:
    """Return a bar for each row, called after its field `of`."""
    panel = (
        barchart.Panel()
        .x_field(of)
        .orientation(choices.VizOrientation.HORIZONTAL)
        .show_value(choices.VisibilityMode.ALWAYS)
        .fill_opacity(80)
        .line_width(0)
        .legend(common.VizLegendOptions().show_legend(show_legend=False))
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.FIXED).fixed_color(BLUE))
    )
    return _dress(panel, shown)


def column(panel: table.Panel, name: str, **properties: object) -> table.Panel:
    """Have one column of a table look otherwise: `unit`, `decimals`, `links` and so on.

    Two underscores stand for a dot, as in `custom__hidden`.
    """
    return panel.override_by_name(
        name,
        [DynamicConfigValue(key.replace("__", "."), value) for key, value in properties.items()],
    )


def change(panel: P, kind: str, **options: object) -> P:
    """Have Grafana change the answers before it shows them."""
    panel.with_transformation(DataTransformerConfig(kind, options=options))
    return panel


def link_to(title: str, url: str) -> list[dict[str, object]]:
    """Return a link for a cell of a table."""
    return [{"title": title, "url": url, "targetBlank": False}]


def _dress(panel: P, shown: Shown) -> P:
    """Say what is shown, and fail where something is left out."""
    if not (shown.title and shown.says.endswith((".", "?")) and shown.unit and shown.queries):
        message = f"a panel needs title, sentence, unit and queries: {shown.title!r}"
        raise ValueError(message)
    panel.title(shown.title).description(shown.says).unit(shown.unit)
    panel.span(shown.width).height(shown.height)
    panel.datasource(shown.queries[0].source).no_value(shown.empty)
    panel.thresholds(
        dashboard.ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value, colour) for value, colour in shown.steps])
    )
    for index, query in enumerate(shown.queries):
        panel.with_target(query.target(chr(ord("A") + index)))
    if shown.minimum is not None:
        panel.min(shown.minimum)
    if shown.maximum is not None:
        panel.max(shown.maximum)
    if shown.decimals is not None:
        panel.decimals(shown.decimals)
    return panel


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(choices.LegendDisplayMode.LIST)
        .placement(choices.LegendPlacement.BOTTOM)
        .show_legend(show_legend=True)
        .calcs([])
    )


def _colours(names: Sequence[str]) -> dict[str, str]:
    return {name: _PALETTE[index % len(_PALETTE)] for index, name in enumerate(names)}


def _fixed(colour: str) -> DynamicConfigValue:
    return DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})
