"""Pods may do little, and reach only what they need."""

import pytest

from tests.deploy.helm_chart import PROGRAMS, SETS, Manifest, component, labels, render
from tests.deploy.network_policies import End, passes

KAFKA, CLICKHOUSE, POSTGRESQL = "192.0.2.1", "192.0.2.65", "192.0.2.129"
PTV = "192.0.2.193"
IDENTITY = "198.51.100.1"
STORES = {
    "kafka": (KAFKA, 9093),
    "clickhouse": (CLICKHOUSE, 8443),
    "postgresql": (POSTGRESQL, 5432),
    "ptv": (PTV, 443),
    "identity": (IDENTITY, 443),
}

# What each kind of pod talks to, as its `app.py` or its job does.
NEEDS = {
    "catalogue": {"kafka", "postgresql", "ptv", "identity"},
    "rating-capture": {"kafka"},
    "aggregation": {"kafka", "clickhouse"},
    "publication": {"kafka"},
    "topics": {"kafka"},
    "migrate-catalogue": {"postgresql"},
    "migrate-aggregation": {"clickhouse"},
    "sync-ptv": {"postgresql", "ptv"},
    "test": set(),
}
DNS = End(labels=(("k8s-app", "kube-dns"),), namespace="kube-system")
PROXY = End(namespace="gateway")
PROMETHEUS = End(namespace="monitoring")
STRANGER = End(labels=(("app", "stranger"),))
FROM_ELSEWHERE = End(namespace="elsewhere")


@pytest.mark.parametrize("values", SETS)
def test_every_pod_keeps_to_the_restricted_standard(values: str) -> None:
    """Pod Security Standards, restricted, and more: nothing to write to, no token."""
    pods = render(values).pods

    assert len(pods) == len(NEEDS) - (values == "required")
    for pod in pods:
        spec = pod["spec"]
        context = spec["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] == context["runAsGroup"] == context["fsGroup"] == 10001
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC", "hostUsers"} & set(spec)
        for volume in spec.get("volumes", []):
            [kind] = set(volume) - {"name"}
            assert kind in {"configMap", "emptyDir", "projected", "secret"}
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "privileged": False,
                "readOnlyRootFilesystem": True,
                "runAsNonRoot": True,
                "capabilities": {"drop": ["ALL"]},
                "seccompProfile": {"type": "RuntimeDefault"},
            }
            assert {"cpu", "memory", "ephemeral-storage"} == set(
                container["resources"]["requests"]
            )
            assert {"memory", "ephemeral-storage"} <= set(container["resources"]["limits"])


def test_a_cluster_that_chooses_users_itself_may() -> None:
    for pod in render("required", "security.user=null").pods:
        assert pod["spec"]["securityContext"] == {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        }


@pytest.mark.parametrize("values", SETS)
def test_accounts_have_no_rights_and_no_token(values: str) -> None:
    rendered = render(values)
    accounts = {one["metadata"]["name"]: one for one in rendered.of_kind("ServiceAccount")}

    assert {one["kind"] for one in rendered.manifests}.isdisjoint(
        {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}
    )
    for account in accounts.values():
        assert account["automountServiceAccountToken"] is False
    for pod in rendered.pods:
        if labels(pod)["app.kubernetes.io/component"] != "test":
            assert pod["spec"]["serviceAccountName"] in accounts


@pytest.mark.parametrize("values", SETS)
def test_secrets_can_be_read_by_the_programs_only(values: str) -> None:
    for pod in render(values).pods:
        mounts = {
            mount["name"]: mount
            for container in pod["spec"]["containers"]
            for mount in container.get("volumeMounts", [])
        }
        for volume in pod["spec"].get("volumes", []):
            if "projected" in volume:
                # YAML's 0440; without a group of its own the file would be nobody's.
                assert volume["projected"]["defaultMode"] == 0o440
                assert mounts[volume["name"]]["readOnly"] is True


def policies() -> list[Manifest]:
    return render("everything").of_kind("NetworkPolicy")


def ends() -> dict[str, End]:
    """Return every pod of the release, by its component."""
    return {
        labels(pod)["app.kubernetes.io/component"]: End(
            labels=tuple(labels(pod).items()),
            named_ports=tuple(
                (port["name"], port["containerPort"])
                for container in pod["spec"]["containers"]
                for port in container.get("ports", [])
            ),
        )
        for pod in render("everything").pods
    }


def test_every_pod_reaches_the_stores_that_it_needs_and_no_other() -> None:
    for name, pod in ends().items():
        reached = {
            store
            for store, (address, port) in STORES.items()
            if passes(policies(), pod, End(address=address), port)
        }
        assert reached == NEEDS[name], name


def test_every_pod_can_ask_for_names() -> None:
    for pod in ends().values():
        assert passes(policies(), pod, DNS, 53, "UDP")
        assert passes(policies(), pod, DNS, 53, "TCP")


@pytest.mark.parametrize(
    ("address", "port"),
    [
        ("203.0.113.1", 443),
        ("203.0.113.1", 9093),
        (KAFKA, 22),
        (CLICKHOUSE, 9000),
        ("169.254.169.254", 80),
    ],
)
def test_no_pod_reaches_anything_else(address: str, port: int) -> None:
    for pod in ends().values():
        assert not passes(policies(), pod, End(address=address), port)


def test_programs_are_called_by_proxies_prometheus_and_the_test_only() -> None:
    pods = ends()
    for program in PROGRAMS:
        called = pods[component(program)]
        for caller in (PROXY, PROMETHEUS, pods["test"]):
            assert passes(policies(), caller, called, 8080)
            assert not passes(policies(), caller, called, 8081)
        for caller in (STRANGER, FROM_ELSEWHERE):
            assert not passes(policies(), caller, called, 8080)


def test_programs_call_one_another_only_where_one_shows_numbers_of_another() -> None:
    pods = {component(program): ends()[component(program)] for program in PROGRAMS}
    connected = {
        (caller, called)
        for caller in pods
        for called in pods
        if passes(policies(), pods[caller], pods[called], 8080)
    }

    assert connected == {("publication", "aggregation"), ("catalogue", "aggregation")}


def test_nobody_calls_a_job() -> None:
    pods = ends()
    for job in ("topics", "migrate-catalogue", "migrate-aggregation", "sync-ptv", "test"):
        for caller in (PROXY, PROMETHEUS, STRANGER, pods["catalogue"]):
            assert not passes(policies(), caller, pods[job], 8080)


def test_a_pod_that_no_rule_knows_is_shut_in() -> None:
    unknown = End(labels=(*ends()["catalogue"].labels, ("app.kubernetes.io/component", "new")))

    assert not passes(policies(), unknown, End(address=KAFKA), 9093)
    assert not passes(policies(), PROXY, unknown, 8080)


def test_without_addresses_only_the_ports_of_the_stores_are_open() -> None:
    unaddressed = render("required").of_kind("NetworkPolicy")
    capture = ends()["rating-capture"]

    for port in (9093, 9094):
        assert passes(unaddressed, capture, End(address="203.0.113.1"), port)
    for port in (443, 8443, 5432, 9095):
        assert not passes(unaddressed, capture, End(address="203.0.113.1"), port)


def test_policies_can_be_left_to_somebody_else() -> None:
    assert render("everything", "networkPolicy.enabled=false").of_kind("NetworkPolicy") == []
