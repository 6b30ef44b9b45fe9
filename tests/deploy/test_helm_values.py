"""Wrong values are refused with words that say what is wrong."""

import re
from pathlib import Path

import pytest
import yaml

from tests.deploy.helm_chart import CHART, ROOT, HelmError, helm, render, render_file

DIGEST = "sha256:" + "ab" * 32


def refusal(values: str, *settings: str) -> str:
    with pytest.raises(HelmError) as caught:
        render(values, *settings)
    return str(caught.value)


def test_what_is_missing_is_said_all_at_once() -> None:
    with pytest.raises(HelmError) as caught:
        helm("template", "live", str(CHART))

    said = str(caught.value)
    for name in (
        "kafka.bootstrapServers",
        "kafka.sasl.existingSecret",
        "http.publicBaseUrl",
        "clickhouse.existingSecret",
        "postgresql.existingSecret",
        "tokens.existingSecret",
    ):
        assert f"- {name} is missing: " in said
    assert "docs/kubernetes.md" in said


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("kafka.bootstrapservers=a:1", "additional properties 'bootstrapservers' not allowed"),
        ("kafka.bootstrapServers=kafka", "at '/kafka/bootstrapServers'"),
        ("kafka.securityProtocol=TLS", "at '/kafka/securityProtocol': value must be one of"),
        ("kafka.partitions=0", "at '/kafka/partitions': minimum"),
        ("http.publicBaseUrl=arvio.example.fi", "at '/http/publicBaseUrl'"),
        ("http.trustedProxies[0]=10.0.0.1", "at '/http/trustedProxies/0'"),
        ("image.digest=sha256:1", "at '/image/digest'"),
        ("programs.rating_captur.enabled=true", "'rating_captur' not allowed"),
        ("programs.catalogue.replicas=0", "at '/programs/catalogue/replicas': minimum"),
        ("programs.catalogue.replicas=two", "at '/programs/catalogue/replicas': got string"),
        ("programs.catalogue.autoscaling.by=memory", "at '/programs/catalogue/autoscaling/by'"),
        ("programs.catalogue.resources.requests.gpu=1", "'gpu' not allowed"),
        (
            "settings.kafka.partitions=3",
            "at '/settings': additional properties 'kafka' not allowed",
        ),
        ("settings.floods.MaxPerMinute=3", "at '/settings/floods'"),
        ("logs.level=TRACE", "at '/logs/level': value must be one of"),
        ("keda.source=redis", "at '/keda/source': value must be one of"),
        ("disruption.maxUnavailable=half", "at '/disruption/maxUnavailable'"),
        ("networkPolicy.from.proxies[0].namespace=a", "'namespace' not allowed"),
        ("clickhouse.existingSecret=Not A Name", "at '/clickhouse/existingSecret'"),
    ],
)
def test_the_schema_refuses(setting: str, words: str) -> None:
    assert words in refusal("required", setting)


@pytest.mark.parametrize(
    ("values", "settings", "words"),
    [
        ("required", ("clickhouse.existingSecret=",), "belongs to one process"),
        ("required", ("kafka.minInsyncReplicas=4",), "nothing could ever be acknowledged"),
        ("required", ("programs.aggregation.replicas=7",), "7 pods share 6 partitions"),
        ("required", ("ingress.enabled=true",), "http.trustedProxies is missing"),
        ("required", ("gateway.enabled=true",), "gateway.parentRefs is missing"),
        ("required", ("ingress.enabled=true",), "networkPolicy.from.proxies is missing"),
        ("required", ("monitoring.enabled=true",), "networkPolicy.from.prometheus is missing"),
        ("required", ("http.drainSeconds=60",), "terminationGracePeriodSeconds is too short"),
        (
            "required",
            ("programs.publication.autoscaling.by=lag",),
            "only a program that shares partitions scales by lag",
        ),
        (
            "required",
            ("programs.aggregation.autoscaling.by=lag",),
            "keda.prometheus.serverAddress is missing",
        ),
        (
            "everything",
            ("programs.aggregation.autoscaling.maxReplicas=13",),
            "13 pods share 12 partitions",
        ),
        (
            "everything",
            ("programs.publication.autoscaling.minReplicas=9",),
            "minReplicas is more than maxReplicas",
        ),
        ("everything", ("certificates.existingSecret=other",), "not from both"),
    ],
)
def test_what_can_not_work_together_is_refused(
    values: str, settings: tuple[str, ...], words: str
) -> None:
    assert words in refusal(values, *settings)


def test_kubernetes_that_is_too_old_is_refused() -> None:
    with pytest.raises(HelmError, match=r"kubeVersion: >=1\.30\.0-0"):
        helm("template", "live", str(CHART), "--kube-version", "1.29")


@pytest.mark.parametrize(
    ("settings", "image"),
    [
        ((), "arvio:0.1.0"),
        (("image.tag=0.2.0",), "arvio:0.2.0"),
        (("image.repository=r.example.fi:5000/a",), "r.example.fi:5000/a:0.1.0"),
        (("image.tag=0.2.0", f"image.digest={DIGEST}"), f"arvio@{DIGEST}"),
    ],
)
def test_all_pods_run_one_image(settings: tuple[str, ...], image: str) -> None:
    images = {
        container["image"]
        for pod in render("required", *settings).pods
        for container in pod["spec"]["containers"]
    }

    assert images == {image}


def test_a_program_that_is_switched_off_leaves_nothing_behind() -> None:
    switched = ("programs.catalogue.enabled=false", "jobs.migrate-catalogue.enabled=false")
    rendered = render("required", *switched, "postgresql.existingSecret=")

    assert not [one for one in rendered.manifests if "catalogue" in one["metadata"]["name"]]


def test_the_example_in_the_guide_can_be_installed(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n(# values\.yaml\n.*?)```", guide, re.DOTALL)
    path = tmp_path / "values.yaml"
    path.write_text(example, encoding="utf-8")

    rendered = render_file(path)

    kinds = {one["kind"] for one in rendered.manifests}
    assert {"Deployment", "Ingress", "ServiceMonitor", "PrometheusRule"} <= kinds
    assert len(rendered.of_kind("Deployment")) == 4


def test_the_guide_makes_every_secret_that_the_example_refers_to() -> None:
    guide = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n(# values\.yaml\n.*?)```", guide, re.DOTALL)
    values = yaml.safe_load(example)
    made = dict(re.findall(r"kubectl create secret generic (\S+).*\n((?:  .*\n)+)", guide))

    for name, keys in {
        values["kafka"]["sasl"]["existingSecret"]: ["username", "password"],
        values["clickhouse"]["existingSecret"]: ["dsn"],
        values["postgresql"]["existingSecret"]: ["url"],
        values["tokens"]["existingSecret"]: ["signing-secret"],
    }.items():
        for key in keys:
            assert f"--from-literal={key}=" in made[name], (name, key)
