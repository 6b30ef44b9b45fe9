"""An alert says what is wrong and what to do, and asks for metrics that exist."""

import re

import pytest

from deploy.grafana.dashboards import pages
from deploy.grafana.queries import asked_of_prometheus
from tests.contract.metrics_page import Described, metrics_of, modules
from tests.support.alerts import PROMETHEUS, ROOT, RUNBOOKS, Alert, alerts, cases, load, recorded
from tests.support.promql import metric_names

ALERTS = alerts()
RECORDED = recorded()
DASHBOARDS = {page.uid for page in pages("http://127.0.0.1:8080")}
ON_DASHBOARDS = [asked for asked in asked_of_prometheus() if asked.kind != "variable"]

# Metrics of others that our rules may ask for, and who tells them.
OF_OTHERS = {
    "up": "Prometheus itself, of every target",
    "probe_success": "blackbox exporter, of the public address",
    "probe_ssl_earliest_cert_expiry": "blackbox exporter, of the public address",
    "node_filesystem_avail_bytes": "node exporter, on the machines of Kafka and ClickHouse",
    "node_filesystem_size_bytes": "node exporter",
    "node_filesystem_readonly": "node exporter",
    "ALERTS": "Prometheus itself, of every alert that is pending or fires",
    "process_cpu_seconds_total": "prometheus_client, of every process of ours",
    "process_resident_memory_bytes": "prometheus_client, of every process of ours",
}

# Metrics of ours that stand in no dashboard and no alert, and whom they serve.
ONLY_ASKED_BY_HAND = {
    "arvio_completions_refused_total": "answers a sender who asks why completions are refused",
    "arvio_completion_tokens_total": "answers a sender who asks why tokens do not verify",
    "arvio_sign_ins_total": "answers people who can't sign in; whoever is signed in works on",
}


def exposed() -> set[str]:
    """Return the names under which our metrics are scraped."""
    return {
        name for module in modules() for metric in metrics_of(module) for name in spelled(metric)
    }


def spelled(metric: Described) -> set[str]:
    """Return the names of a metric's series."""
    ends = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
    return {metric.name + end for end in ends}


def all_asked() -> set[str]:
    """Return every metric that an alert, a recorded rule or a dashboard asks for."""
    expressions = [
        *(alert.expression for alert in ALERTS),
        *RECORDED.values(),
        *(asked.text for asked in ON_DASHBOARDS),
    ]
    return {name for expression in expressions for name in metric_names(expression)}


def runbook_of(alert: Alert) -> str:
    """Return the name of the alert's page: ArvioNoRatings has no-ratings.md."""
    words = re.findall(r"[A-Z][a-z0-9]+", alert.name.removeprefix("Arvio"))
    return "-".join(words).lower() + ".md"


@pytest.mark.parametrize("alert", ALERTS, ids=str)
def test_an_alert_says_what_is_wrong_how_much_and_what_to_do(alert: Alert) -> None:
    assert alert.name.startswith("Arvio")
    assert alert.severity in {"page", "ticket"}
    assert set(alert.annotations) == {"summary", "description", "runbook_url", "dashboard"}
    assert not alert.annotations["summary"].endswith(".")
    assert alert.annotations["description"].endswith(".")
    assert "$value" in alert.annotations["description"]
    assert alert.annotations["runbook_url"] == f"docs/runbooks/{runbook_of(alert)}"
    assert alert.annotations["dashboard"].removeprefix("/d/") in DASHBOARDS


def test_each_runbook_has_an_alert_and_each_alert_its_runbook() -> None:
    pages = {path.name for path in RUNBOOKS.glob("*.md")} - {"README.md"}

    assert pages == {runbook_of(alert) for alert in ALERTS}


@pytest.mark.parametrize("page", sorted({runbook_of(alert) for alert in ALERTS}))
def test_a_runbook_is_complete_and_is_linked(page: str) -> None:
    text = (RUNBOOKS / page).read_text(encoding="utf-8")
    overview = (RUNBOOKS / "README.md").read_text(encoding="utf-8")

    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["What it means for citizens", "How to see it", "What to do", "Escalate"]
    assert "```sh" in text, "no command to run"
    assert f"]({page})" in overview


@pytest.mark.parametrize("alert", ALERTS, ids=str)
def test_each_alert_fires_in_one_case_and_stays_silent_in_another(alert: Alert) -> None:
    outcomes = {
        fires
        for query, fires in cases()
        if f'alertname="{alert.name}", severity="{alert.severity}"' in query
    }

    assert outcomes == {True, False}


@pytest.mark.parametrize(
    "expression",
    [
        *(pytest.param(alert.expression, id=str(alert)) for alert in ALERTS),
        *(pytest.param(expression, id=name) for name, expression in RECORDED.items()),
        *(pytest.param(asked.text, id=str(asked)) for asked in ON_DASHBOARDS),
    ],
)
def test_nothing_asks_for_a_metric_that_nobody_tells(expression: str) -> None:
    asked = metric_names(expression)

    assert asked
    assert asked <= exposed() | set(OF_OTHERS) | set(RECORDED)


def test_every_metric_is_shown_or_watched_or_has_a_reason_not_to_be() -> None:
    asked = all_asked()
    unused = {
        metric.name
        for module in modules()
        for metric in metrics_of(module)
        if not asked & spelled(metric)
    }

    assert unused == set(ONLY_ASKED_BY_HAND)
    assert set(RECORDED) <= asked
    assert set(OF_OTHERS) <= asked


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_recorded_is_named_by_the_rule(name: str) -> None:
    assert re.fullmatch(r"arvio:[a-z0-9_]+:[a-z0-9_]+", name)


def test_alertmanager_speaks_of_alerts_that_exist() -> None:
    named = set(re.findall(r"Arvio\w+", (PROMETHEUS / "alertmanager.yml").read_text()))

    assert named
    assert named <= {alert.name for alert in ALERTS}


def test_prometheus_looks_for_what_compose_starts() -> None:
    services = set(load(ROOT / "docker-compose.yml")["services"])
    jobs = load(PROMETHEUS / "prometheus.yml")["scrape_configs"]
    programs = {
        job["job_name"]: [(found["names"], found["port"]) for found in job["dns_sd_configs"]]
        for job in jobs
        if "dns_sd_configs" in job
    }
    hosts = {
        target.partition(":")[0]
        for job in jobs
        for found in job.get("static_configs", ())
        for target in found["targets"]
    }

    assert programs == {
        f"arvio-{name}": [([name], 8080)]
        for name in ("catalogue", "rating-capture", "aggregation", "publication")
    }
    assert {name.removeprefix("arvio-") for name in programs} <= services
    assert hosts - {"localhost"} <= services


def test_alertmanager_holds_no_secret() -> None:
    receivers = load(PROMETHEUS / "alertmanager.yml")["receivers"]

    for receiver in receivers:
        for slack in receiver["slack_configs"]:
            assert slack["api_url_file"].startswith("/run/secrets/")
            assert "api_url" not in slack


def test_runbooks_name_only_commands_that_exist() -> None:
    for page in RUNBOOKS.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        for module in re.findall(r"python -m ((?:services|deploy)[\w.]*)", text):
            folder = ROOT / module.replace(".", "/")
            assert folder.with_suffix(".py").exists() or (folder / "__main__.py").exists(), module


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("up", {"up"}),
        (
            'sum by (job, topic) (rate(a_total{x="b",y=~"c{1,2}"}[5m])) / on(job) b:c:d',
            {"a_total", "b:c:d"},
        ),
        ("histogram_quantile(0.9, sum(rate(a_bucket[$__rate_interval])) by (le))", {"a_bucket"}),
        ("sum without (le) (a) > bool 0.5 or vector(0)", {"a"}),
        ("max_over_time(max(a)[10m:1m]) unless on (t) b offset 1w", {"a", "b"}),
        ('{__name__="a_total", job="x"} * group_left(version) b_info', {"a_total", "b_info"}),
        ("topk(3, a{topic='$topic'}) # b is not asked\nand c", {"a", "c"}),
        ("1 - a / (b > 0)", {"a", "b"}),
        ('label_replace(a offset 1w, "week", "1", "", "")', {"a"}),
        ("predict_linear(a[6h], 4 * 3600) < 0 and time() - b < +Inf", {"a", "b"}),
        ('sum(rate(a{job=~"${job:regex}"}[${window}])) by (topic)', {"a"}),
        ("quantile_over_time(0.5, a[1h] @ end()) != NaN", {"a"}),
    ],
)
def test_the_metrics_of_an_expression_are_found(expression: str, names: set[str]) -> None:
    assert metric_names(expression) == names
