"""The last row: the programs themselves."""

from grafana_foundation_sdk.builders import timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, cells, change, column, lines, worse_above
from deploy.grafana.sources import Prom


def row() -> Row:
    """Return the row."""
    checks = cells(
        Shown(
            title="Readiness checks",
            says="Each check of each program: 1 passes, 0 does not. Failing ones come first.",
            unit="short",
            queries=[
                Prom(
                    'sort(min by (job, program, check) (arvio_check_passed{job=~"$job"}))',
                    now=True,
                )
            ],
            steps=((None, "#D55E00"), (1, "#009E73")),
            maximum=1,
        )
    )
    change(checks, "organize", excludeByName={"Time": True}, renameByName={"Value": "passes"})
    column(checks, "passes", custom__cellOptions={"type": "color-background"})
    return Row(
        title="The programs",
        panels=[
            checks,
            _processor(),
            _memory(),
            _other_requests(),
            _slow_pages_and_calls(),
            _changes_of_the_catalogue(),
        ],
    )


def _processor() -> timeseries.Panel:
    return lines(
        Shown(
            title="Processor",
            says="How many processor cores each process uses.",
            unit="short",
            queries=[
                Prom(
                    'rate(process_cpu_seconds_total{job=~"$job"}[$__rate_interval])',
                    "{{job}} {{instance}}",
                )
            ],
        )
    )


def _memory() -> timeseries.Panel:
    return lines(
        Shown(
            title="Memory",
            says="How much memory each process holds.",
            unit="bytes",
            queries=[Prom('process_resident_memory_bytes{job=~"$job"}', "{{job}} {{instance}}")],
        )
    )


def _other_requests() -> timeseries.Panel:
    return lines(
        Shown(
            title="Other requests",
            says="HTTP requests besides those of the door, per second, by their status.",
            unit="reqps",
            queries=[
                Prom(
                    "sum by (status) (rate(arvio_http_requests_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{status}}",
                )
            ],
        )
    )


def _slow_pages_and_calls() -> timeseries.Panel:
    return lines(
        Shown(
            title="Slow pages and calls",
            says="How long the beginning of an answer took for 19 of 20 requests, of the "
            "five slowest routes.",
            unit="s",
            queries=[
                Prom(
                    "topk(5, histogram_quantile(0.95, sum by (le, route) (rate("
                    'arvio_http_request_duration_seconds_bucket{job=~"$job"}'
                    "[$__rate_interval]))))",
                    "{{route}}",
                )
            ],
            steps=worse_above(1, 5),
        )
    )


def _changes_of_the_catalogue() -> timeseries.Panel:
    return lines(
        Shown(
            title="Changes of the catalogue",
            says="Changes that are in the catalogue but not yet in Kafka. More than a "
            "few for long: the catalogue does not reach the brokers.",
            unit="short",
            queries=[
                Prom('sum(arvio_outbox_waiting{job=~"$job"})', "waiting"),
                Prom(
                    'sum(increase(arvio_catalogue_changes_total{job=~"$job"}[$__rate_interval]))',
                    "written",
                    quiet="nothing was changed",
                ),
            ],
            names=("waiting", "written"),
            steps=worse_above(10, 1_000),
        )
    )
