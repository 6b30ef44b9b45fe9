"""Where panels get their numbers: Prometheus, and ClickHouse through its own data source."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Protocol, Self

from grafana_foundation_sdk.cog import runtime
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import prometheus
from grafana_foundation_sdk.models.dashboard import DataSourceRef

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="arvio-prometheus")
CLICKHOUSE = DataSourceRef(type_val="grafana-clickhouse-datasource", uid="arvio-clickhouse")

_STATEMENTS = Path(__file__).parent / "sql"


class Shape(StrEnum):
    """What an answer of ClickHouse is for, in the words of its data source."""

    SERIES = "timeseries"
    """A time, perhaps a name, and numbers: what is drawn as lines or bars over time."""

    TABLE = "table"


_FORMATS = {Shape.SERIES: 0, Shape.TABLE: 1}


class Query(Protocol):
    """One question of a panel."""

    @property
    def source(self) -> DataSourceRef:
        """Whom it is put to."""

    def target(self, ref_id: str) -> Builder[Dataquery]:
        """Return it as a panel holds it, under a letter of its own."""


@dataclass(frozen=True)
class Prom:
    """A question to Prometheus."""

    expr: str
    legend: str = "__auto"
    now: bool = False
    """Whether only the present value is asked for."""

    quiet: str | None = None
    """Why there may rightly be no answer; without a reason there is one once facts came."""

    @property
    def source(self) -> DataSourceRef:
        """Prometheus."""
        return PROMETHEUS

    def target(self, ref_id: str) -> Builder[Dataquery]:
        """Return it as a panel holds it."""
        query = PrometheusQuery(
            self.expr,
            instant=self.now or None,
            range_val=None if self.now else True,
            editor_mode=prometheus.QueryEditorMode.CODE,
            format_val=(
                prometheus.PromQueryFormat.TABLE
                if self.now
                else prometheus.PromQueryFormat.TIME_SERIES
            ),
            legend_format=self.legend,
            ref_id=ref_id,
            datasource=PROMETHEUS,
        )
        query.quiet = self.quiet
        return _Built(query)


@dataclass(frozen=True)
class Sql:
    """A question to ClickHouse, from a file."""

    name: str
    shape: Shape = Shape.TABLE
    using: str | None = None
    """The file that is put before it."""

    quiet: str | None = None
    """Why there may rightly be no row; without a reason there is one once facts came."""

    @property
    def source(self) -> DataSourceRef:
        """ClickHouse."""
        return CLICKHOUSE

    @property
    def text(self) -> str:
        """The statement, with macros and variables as the data source knows them."""
        parts = [self.using, self.name] if self.using else [self.name]
        return "\n".join(statement(part) for part in parts)

    def target(self, ref_id: str) -> Builder[Dataquery]:
        """Return it as a panel holds it."""
        query = ClickhouseQuery(self.text, self.shape, ref_id)
        query.quiet = self.quiet
        return _Built(query)


@cache
def statement(name: str) -> str:
    """Return the SQL of `sql/<name>.sql`."""
    return (_STATEMENTS / f"{name}.sql").read_text(encoding="utf-8").strip()


class PrometheusQuery(prometheus.Dataquery):
    """A query as the Prometheus data source saves it, and why it may have no answer."""

    quiet: str | None = None


class ClickhouseQuery(Dataquery):
    """A query as the ClickHouse data source (version 4) saves it; the SDK has none."""

    quiet: str | None = None

    def __init__(self, raw_sql: str, query_type: Shape, ref_id: str) -> None:
        self.raw_sql = raw_sql
        self.query_type = query_type
        self.ref_id = ref_id

    def to_json(self) -> dict[str, object]:
        """Return what stands in the dashboard's JSON."""
        return {
            "datasource": CLICKHOUSE.to_json(),
            "editorType": "sql",
            "format": _FORMATS[self.query_type],
            "pluginVersion": "4.0.0",
            "queryType": self.query_type.value,
            "rawSql": self.raw_sql,
            "refId": self.ref_id,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Return the query of a dashboard's JSON."""
        return cls(data["rawSql"], Shape(data["queryType"]), data["refId"])


@dataclass(frozen=True)
class _Built(Builder[Dataquery]):
    query: Dataquery

    def build(self) -> Dataquery:
        return self.query


def register() -> None:
    """Teach the SDK's reader the queries of the ClickHouse data source."""
    runtime.register_dataquery_variant(
        runtime.DataqueryConfig(str(CLICKHOUSE.type_val), ClickhouseQuery.from_json)
    )
