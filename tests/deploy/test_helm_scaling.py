"""Pods are found, kept, spread, replaced and scaled as is meant."""

import math

import pytest

from shared.topics import TOPICS
from tests.deploy.helm_chart import (
    PROGRAMS,
    SETS,
    Manifest,
    component,
    is_selected,
    labels,
    render,
)

NAMES = [component(program) for program in PROGRAMS]


@pytest.mark.parametrize("values", SETS)
@pytest.mark.parametrize("name", NAMES)
def test_selectors_take_the_pods_of_one_program(name: str, values: str) -> None:
    rendered = render(values)
    deployment = rendered.one("Deployment", name)["spec"]
    selectors = [
        deployment["selector"],
        {"matchLabels": rendered.one("Service", name)["spec"]["selector"]},
        rendered.one("PodDisruptionBudget", name)["spec"]["selector"],
        rendered.one("NetworkPolicy", name)["spec"]["podSelector"],
        *(
            spread["labelSelector"]
            for spread in deployment["template"]["spec"]["topologySpreadConstraints"]
        ),
    ]

    for selector in selectors:
        taken = {
            labels(pod)["app.kubernetes.io/component"]
            for pod in rendered.pods
            if is_selected(selector, labels(pod))
        }
        assert taken == {name}


@pytest.mark.parametrize("name", NAMES)
def test_monitors_take_the_service_of_one_program(name: str) -> None:
    rendered = render("everything")
    monitor = rendered.one("ServiceMonitor", name)["spec"]
    taken = [
        service
        for service in rendered.of_kind("Service")
        if is_selected(monitor["selector"], labels(service))
    ]

    assert [one["metadata"]["name"] for one in taken] == [f"live-arvio-{name}"]
    [endpoint] = monitor["endpoints"]
    assert endpoint["port"] in {port["name"] for port in taken[0]["spec"]["ports"]}
    [job] = [one["replacement"] for one in endpoint["relabelings"] if one["targetLabel"] == "job"]
    assert job == f"arvio-{name}"


def test_selectors_do_not_change_with_the_version_of_the_chart() -> None:
    # A Deployment's selector can't be changed: an upgrade would be refused.
    for deployment in render("everything").of_kind("Deployment"):
        assert set(deployment["spec"]["selector"]["matchLabels"]) == {
            "app.kubernetes.io/name",
            "app.kubernetes.io/instance",
            "app.kubernetes.io/component",
        }


@pytest.mark.parametrize(
    ("values", "settings"),
    [
        ("required", ()),
        ("everything", ()),
        (
            "everything",
            ("keda.source=prometheus", "keda.prometheus.serverAddress=http://prometheus:9090"),
        ),
    ],
)
def test_what_scales_a_program_exists_once_and_has_the_last_word(
    values: str, settings: tuple[str, ...]
) -> None:
    rendered = render(values, *settings)
    scalers = [
        *rendered.of_kind("HorizontalPodAutoscaler"),
        *rendered.of_kind("ScaledObject"),
    ]
    targets = [one["spec"]["scaleTargetRef"]["name"] for one in scalers]
    deployments = {one["metadata"]["name"]: one for one in rendered.of_kind("Deployment")}

    assert len(targets) == len(set(targets))
    assert set(targets) <= set(deployments)
    for name, deployment in deployments.items():
        assert ("replicas" in deployment["spec"]) == (name not in targets)
    for scaler in scalers:
        target = scaler["spec"]["scaleTargetRef"]
        assert (target["apiVersion"], target["kind"]) == ("apps/v1", "Deployment")
        least, most = bounds(scaler)
        assert 1 <= least <= most


def bounds(scaler: Manifest) -> tuple[int, int]:
    spec = scaler["spec"]
    if scaler["kind"] == "ScaledObject":
        return spec["minReplicaCount"], spec["maxReplicaCount"]
    return spec["minReplicas"], spec["maxReplicas"]


def test_cpu_scales_only_what_asks_for_cpu() -> None:
    rendered = render("everything")
    scaled = [
        one["spec"]["scaleTargetRef"]["name"]
        for one in rendered.of_kind("HorizontalPodAutoscaler")
    ]

    assert set(scaled) >= {"live-arvio-rating-capture", "live-arvio-publication"}
    for deployment in rendered.of_kind("Deployment"):
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        assert container["resources"]["requests"]["cpu"]
        # A limit would keep pods from ever using more than they ask for.
        assert "cpu" not in container["resources"]["limits"]


@pytest.mark.parametrize("settings", [(), ("programs.aggregation.replicas=6",)])
def test_aggregation_never_has_more_pods_than_partitions(settings: tuple[str, ...]) -> None:
    rendered = render("required", *settings)
    told = rendered.one("ConfigMap", "aggregation")["data"]["ARVIO_KAFKA__PARTITIONS"]
    shared = [one for one in TOPICS if "aggregation" in one.consumed_by and not one.is_compacted]

    assert rendered.one("Deployment", "aggregation")["spec"]["replicas"] <= int(told)
    assert {topic.partitions for topic in shared} == {int(told)}
    [scaled] = render("everything").of_kind("ScaledObject")
    assert scaled["spec"]["maxReplicaCount"] <= 12


def test_lag_is_asked_of_prometheus_by_a_metric_that_aggregation_has() -> None:
    rendered = render(
        "everything",
        "keda.source=prometheus",
        "keda.prometheus.serverAddress=http://prometheus:9090",
        "keda.prometheus.authentication.name=reader",
        "keda.prometheus.authentication.modes=bearer",
        "keda.eventsPerReplica=50000",
    )
    [trigger] = rendered.one("ScaledObject", "aggregation")["spec"]["triggers"]

    assert trigger["metadata"] == {
        "serverAddress": "http://prometheus:9090",
        "query": "sum(max by (topic, partition) "
        '(arvio_consumer_lag_events{namespace="public-services"}))',
        "threshold": "50000",
        "ignoreNullValues": "false",
        "authModes": "bearer",
    }
    assert trigger["authenticationRef"] == {"name": "reader", "kind": "TriggerAuthentication"}


def test_keda_reaches_the_brokers_as_the_programs_do() -> None:
    rendered = render("everything")
    authentication = rendered.one("TriggerAuthentication", "aggregation")["spec"]
    triggers = rendered.one("ScaledObject", "aggregation")["spec"]["triggers"]

    assert authentication == {
        "secretTargetRef": [
            {"parameter": "username", "name": "arvio-kafka", "key": "name"},
            {"parameter": "password", "name": "arvio-kafka", "key": "word"},
        ],
        "configMapTargetRef": [{"parameter": "ca", "name": "our-authority", "key": "bundle.pem"}],
    }
    for trigger in triggers:
        assert trigger["authenticationRef"] == {"name": "live-arvio-aggregation"}
        assert trigger["metadata"]["sasl"] == "scram_sha512"
        assert trigger["metadata"]["tls"] == "enable"


def test_keda_needs_no_credentials_where_the_brokers_ask_for_none() -> None:
    rendered = render(
        "everything", "kafka.securityProtocol=PLAINTEXT", "certificates.existingConfigMap="
    )

    assert rendered.of_kind("TriggerAuthentication") == []
    for trigger in rendered.one("ScaledObject", "aggregation")["spec"]["triggers"]:
        assert "authenticationRef" not in trigger
        assert not {"sasl", "tls"} & set(trigger["metadata"])


@pytest.mark.parametrize("values", SETS)
@pytest.mark.parametrize("name", NAMES)
def test_a_pod_has_time_to_end_what_it_began(name: str, values: str) -> None:
    rendered = render(values)
    pod = rendered.one("Deployment", name)["spec"]["template"]["spec"]
    told = rendered.one("ConfigMap", name)["data"]
    [container] = pod["containers"]
    leaves = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    drains = float(told["ARVIO_HTTP__DRAIN_SECONDS"])
    # What comes after: last scores (ARVIO_SCORES__DRAIN_SECONDS), marks, leaving the group.
    ends = 15 if name == "aggregation" else 10

    assert pod["terminationGracePeriodSeconds"] >= leaves + math.ceil(drains) + ends


@pytest.mark.parametrize("name", NAMES)
def test_an_update_leaves_somebody_who_answers(name: str) -> None:
    deployment = render("required").one("Deployment", name)["spec"]
    rolling = deployment["strategy"]["rollingUpdate"]

    assert deployment["strategy"]["type"] == "RollingUpdate"
    assert rolling["maxSurge"] + rolling["maxUnavailable"] >= 1
    assert deployment.get("replicas", 2) - rolling["maxUnavailable"] >= 1
    # Aggregation's old pod hands its partitions over before a new one joins.
    assert (rolling["maxSurge"] == 0) == (name == "aggregation")


@pytest.mark.parametrize("name", NAMES)
def test_a_budget_lets_nodes_be_emptied_one_pod_at_a_time(name: str) -> None:
    budget = render("required").one("PodDisruptionBudget", name)["spec"]

    assert budget["maxUnavailable"] == 1
    assert "minAvailable" not in budget
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_a_starting_program_is_given_longer_than_a_silent_one() -> None:
    for deployment in render("required").of_kind("Deployment"):
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        seconds = {
            probe: container[probe]["periodSeconds"] * container[probe]["failureThreshold"]
            for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        }
        assert seconds["startupProbe"] > seconds["livenessProbe"] > seconds["readinessProbe"]
        assert seconds["readinessProbe"] <= 15


def test_schedules_of_ones_own_can_be_added() -> None:
    own = "schedules.backup"
    rendered = render(
        "required",
        f"{own}.enabled=true",
        f"{own}.program=aggregation",
        f"{own}.needs={{clickhouse}}",
        f"{own}.command={{python,-m,services.aggregation,backup,a-disk}}",
        f"{own}.schedule=5 2 * * *",
        f"{own}.timeZone=Europe/Helsinki",
        f"{own}.scratch=64Mi",
        f"{own}.backoffLimit=1",
        f"{own}.activeDeadlineSeconds=3600",
        f"{own}.resources.requests.memory=128Mi",
        f"{own}.resources.limits.memory=256Mi",
        f"{own}.settings.scores.sweep_seconds=60",
    )
    schedule = rendered.one("CronJob", "backup")["spec"]
    pod = schedule["jobTemplate"]["spec"]["template"]["spec"]
    [container] = pod["containers"]

    assert schedule["schedule"] == "5 2 * * *"
    assert schedule["concurrencyPolicy"] == "Forbid"
    assert container["command"][-2:] == ["backup", "a-disk"]
    assert {"name": "var", "emptyDir": {"sizeLimit": "64Mi"}} in pod["volumes"]
    assert rendered.one("NetworkPolicy", "backup")
