"""ClickHouse: inserts, parts, merges."""

from grafana_foundation_sdk.builders import stat, table, timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, bars, cells, column, lines, number, worse_above
from deploy.grafana.sources import Prom, Sql


def row() -> Row:
    """Return the row."""
    return Row(
        title="ClickHouse",
        panels=[
            _rows_inserted(),
            _inserts(),
            _parts(),
            _tables(),
            _merges(),
            _mutations(),
        ],
    )


def _rows_inserted() -> timeseries.Panel:
    return bars(
        Shown(
            title="Rows inserted",
            says="Rows of facts that ClickHouse has taken, per second, by table.",
            unit="wps",
            queries=[
                Prom(
                    "sum by (table) (rate(arvio_rows_inserted_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{table}}",
                )
            ],
            names=("ratings", "completions", "questions_shown"),
        )
    )


def _inserts() -> timeseries.Panel:
    return lines(
        Shown(
            title="Inserts",
            says="Batches stored per second, by table. To ClickHouse a batch costs its "
            "files, not its rows: few large ones are well.",
            unit="ops",
            queries=[
                Prom(
                    "sum by (table) (rate(arvio_insert_duration_seconds_count"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{table}}",
                )
            ],
            names=("ratings", "completions", "questions_shown"),
        )
    )


def _parts() -> timeseries.Panel:
    return lines(
        Shown(
            title="Parts",
            says="Parts of each table that have not been merged away, of the ten tables "
            "with the most. A steady number is well, whatever it is.",
            unit="short",
            queries=[
                Prom(
                    'topk(10, max by (table) (arvio_store_parts{job=~"$job"}))',
                    "{{table}}",
                )
            ],
            steps=worse_above(300, 1_000),
        )
    )


def _tables() -> table.Panel:
    panel = cells(
        Shown(
            title="Tables",
            says="Each table with its rows, its size on disk and its parts. Hundreds of parts in "
            "one partition: ClickHouse merges more slowly than rows come in.",
            unit="short",
            queries=[Sql("stores_tables")],
            width=12,
            height=9,
        ),
        sort_by="Bytes",
    )
    column(panel, "Bytes", unit="bytes")
    column(panel, "Bytes of a row", unit="bytes", decimals=1)
    return panel


def _merges() -> table.Panel:
    panel = cells(
        Shown(
            title="Merges under way",
            says="Parts that ClickHouse is just making into larger ones.",
            unit="short",
            queries=[Sql("stores_merges", quiet="nothing is being merged")],
            width=8,
            height=9,
            empty="none",
        )
    )
    column(panel, "Bytes", unit="bytes")
    column(panel, "For", unit="s")
    column(panel, "Done", unit="percentunit")
    return panel


def _mutations() -> stat.Panel:
    return number(
        Shown(
            title="Mutations under way",
            says="Changes of stored rows that have not ended; there should be none for long.",
            unit="short",
            queries=[Sql("stores_mutations")],
            width=4,
            height=9,
            steps=worse_above(1, 10),
        )
    )
