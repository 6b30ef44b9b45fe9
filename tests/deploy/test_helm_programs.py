"""What the chart says of a program is what the program is."""

import importlib
import importlib.util
import re
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from shared.topics import TOPICS
from tests.contract.environment import variables
from tests.deploy.helm_chart import (
    PROGRAMS,
    ROOT,
    SETS,
    Manifest,
    component,
    container,
    hooks,
    render,
    secret_files,
)
from tests.deploy.program_paths import create, paths_of

SECRETS = {
    "arvio_kafka__sasl_username": "arvio",
    "arvio_kafka__sasl_password": "word-of-kafka",
    "arvio_clickhouse__dsn": "https://arvio:word@clickhouse.example.fi:8443/arvio",
    "arvio_database__url": "postgresql+psycopg://arvio:word@postgresql.example.fi:5432/arvio",
    "arvio_tokens__signing_secret": "a-secret-of-more-than-16-characters",
    "arvio_identity__client_secret": "word-of-the-sign-in-service",
}

# Says where to look for files; no setting of a class.
FOLDER_OF_SECRETS = "ARVIO_SECRETS_DIR"

ALWAYS = {
    "ARVIO_MODE",
    "ARVIO_VAR_DIR",
    "ARVIO_HTTP__HOST",
    "ARVIO_HTTP__PORT",
    "ARVIO_HTTP__PUBLIC_BASE_URL",
    "ARVIO_HTTP__TRUSTED_PROXIES",
    "ARVIO_HTTP__DRAIN_SECONDS",
    "ARVIO_LOGS__LEVEL",
    "ARVIO_LOGS__FORMAT",
    "ARVIO_KAFKA__BOOTSTRAP_SERVERS",
    "ARVIO_KAFKA__SECURITY_PROTOCOL",
}


def environment(values: str, program: str) -> dict[str, str]:
    """Return the variables that a program finds, as Kubernetes would put them together."""
    rendered = render(values)
    deployed = container(rendered.one("Deployment", component(program))["spec"]["template"])
    [source] = deployed["envFrom"]
    name = source["configMapRef"]["name"]
    [settings] = [one for one in rendered.of_kind("ConfigMap") if one["metadata"]["name"] == name]
    more = {one["name"]: one["value"] for one in deployed.get("env", [])}
    return {**settings["data"], **more}


def mounted(folder: Path, names: list[str]) -> Path:
    """Return a folder of secrets with the links that Kubernetes makes."""
    data = folder / "..2026_11_24"
    data.mkdir()
    (folder / "..data").symlink_to(data.name)
    for name in names:
        (data / name).write_text(SECRETS[name] + "\n", encoding="utf-8")
        (folder / name).symlink_to(f"..data/{name}")
    return folder


@pytest.mark.parametrize("values", SETS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_understands_what_the_chart_tells_it(
    program: str, values: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = render(values).one("Deployment", component(program))["spec"]["template"]
    for name, value in environment(values, program).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(FOLDER_OF_SECRETS, str(mounted(tmp_path, secret_files(pod))))

    settings = settings_of(program)()

    seen: dict[str, Any] = settings.model_dump()
    assert seen["mode"] == "production"
    # All addresses of the pod: Kubernetes and others call from outside.
    assert ip_address(seen["http"]["host"]).is_unspecified
    assert seen["kafka"]["bootstrap_servers"].startswith("kafka-0.kafka.example.fi:9093,")
    assert seen["kafka"]["security_protocol"] == "SASL_SSL"
    assert seen["kafka"]["sasl_username"] == "arvio"
    assert seen["kafka"]["sasl_password"].get_secret_value() == "word-of-kafka"
    if program == "aggregation":
        assert seen["clickhouse"]["dsn"].get_secret_value() == SECRETS["arvio_clickhouse__dsn"]
    if program == "catalogue":
        assert seen["database"]["url"].get_secret_value() == SECRETS["arvio_database__url"]
    if program == "catalogue" and values == "everything":
        secret = seen["identity"]["client_secret"].get_secret_value()
        assert secret == SECRETS["arvio_identity__client_secret"]
    if program in {"aggregation", "catalogue", "rating_capture"}:
        secret = seen["tokens"]["signing_secret"].get_secret_value()
        assert secret == SECRETS["arvio_tokens__signing_secret"]
    if program in {"catalogue", "publication"}:
        assert seen[program]["aggregation_url"] == "http://live-arvio-aggregation:8080"
    if values == "everything":
        check_everything(program, seen)


def check_everything(program: str, seen: dict[str, Any]) -> None:
    assert seen["http"]["drain_seconds"] == 12.5
    assert [str(network) for network in seen["http"]["trusted_proxies"]] == [
        "127.0.0.0/8",
        "::1/128",
        "10.42.0.0/16",
        "fd00:42::/64",
    ]
    assert str(seen["kafka"]["ca_file"]) == "/etc/arvio/certificates/ca.crt"
    assert seen["kafka"]["partitions"] == 12
    if program in {"aggregation", "publication"}:
        assert seen["thresholds"]["min_ratings"] == 20
    if program == "rating_capture":
        assert seen["floods"]["max_per_minute"] == 1_000_000
        assert seen["floods"]["burst_share"] == 0.2
    if program == "aggregation":
        assert seen["clickhouse"]["cluster"] == "arvio"


def settings_of(program: str) -> type[BaseSettings]:
    found = importlib.import_module(f"services.{program}.settings").Settings
    assert isinstance(found, type)
    assert issubclass(found, BaseSettings)
    return found


@pytest.mark.parametrize("values", SETS)
def test_every_variable_in_the_chart_exists_in_the_code(values: str) -> None:
    known = set(variables())
    rendered = render(values)
    told = {name for program in PROGRAMS for name in environment(values, program)}
    told |= {one["name"] for pod in rendered.pods for one in container(pod).get("env", [])}
    told |= {name.upper() for pod in rendered.pods for name in secret_files(pod)}
    ours = {name for name in told if name.startswith("ARVIO_")}

    assert ours - known == {FOLDER_OF_SECRETS}
    assert len(ours) > 20


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_is_told_what_all_need(program: str) -> None:
    assert set(environment("required", program)) >= ALWAYS


def test_the_chart_can_say_all_that_there_is_to_say_of_a_connection() -> None:
    told = {name for program in PROGRAMS for name in environment("everything", program)}
    pods = render("everything").pods
    told |= {name.upper() for pod in pods for name in secret_files(pod)}
    of_connections = {
        name
        for name in variables()
        if name.split("__")[0].removeprefix("ARVIO_")
        in {"HTTP", "KAFKA", "CLICKHOUSE", "DATABASE", "LOGS", "TOKENS"}
    }

    # A name that a process keeps is of use where its successor has the same one: pods of a
    # Deployment have new names, and leaving their groups lets others go on at once.
    assert of_connections - told == {"ARVIO_KAFKA__GROUP_INSTANCE_ID"}


def test_every_command_exists() -> None:
    commands = {
        tuple(container(pod)["command"])
        for pod in render("everything").pods
        if container(pod)["command"][1] == "-m"
    }

    assert len(commands) == len(PROGRAMS) + 4
    for python, _flag, module, *arguments in commands:
        assert python == "python"
        assert importlib.util.find_spec(module) is not None, module
        if arguments:
            done = subprocess.run(
                [sys.executable, "-m", module, *arguments, "--help"],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert arguments[0] in done.stdout


@pytest.mark.parametrize("program", PROGRAMS)
async def test_ports_and_paths_are_those_of_the_program(program: str, tmp_path: Path) -> None:
    rendered = render("everything")
    deployed = container(rendered.one("Deployment", component(program))["spec"]["template"])
    service = rendered.one("Service", component(program))["spec"]
    monitor = rendered.one("ServiceMonitor", component(program))["spec"]
    paths = paths_of(create(program, tmp_path))

    assert deployed["command"] == ["python", "-m", f"services.{program}"]
    assert deployed["ports"] == [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]
    assert environment("everything", program)["ARVIO_HTTP__PORT"] == "8080"
    assert [port["targetPort"] for port in service["ports"]] == ["http"]
    for probe, path in {
        "startupProbe": "/health/live",
        "livenessProbe": "/health/live",
        "readinessProbe": "/health/ready",
    }.items():
        assert deployed[probe]["httpGet"] == {"path": path, "port": "http"}
        assert path in paths
    assert [one["path"] for one in monitor["endpoints"]] == ["/metrics"]
    assert "/metrics" in paths


def test_what_is_consumed_is_what_the_topics_say() -> None:
    scaled = render("everything").one("ScaledObject", "aggregation")
    told = {one["metadata"]["topic"]: one["metadata"] for one in scaled["spec"]["triggers"]}
    shared = [one for one in TOPICS if "aggregation" in one.consumed_by and not one.is_compacted]

    assert set(told) == {topic.name for topic in shared}
    for topic in shared:
        assert told[topic.name]["consumerGroup"] == topic.group("aggregation")


def test_no_secret_is_in_a_manifest() -> None:
    for values in SETS:
        rendered = render(values)
        assert rendered.of_kind("Secret") == []
        named = {name for program in PROGRAMS for name in environment(values, program)}
        named |= {one["name"] for pod in rendered.pods for one in container(pod).get("env", [])}
        secret = re.compile(r"PASSWORD|SIGNING_SECRET|DSN|DATABASE__URL")
        assert [name for name in named if secret.search(name)] == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_changed_settings_make_new_pods_and_the_same_ones_do_not(program: str) -> None:
    def checksum(*settings: str) -> str:
        pod = render("required", *settings).one("Deployment", component(program))
        found = pod["spec"]["template"]["metadata"]["annotations"]["checksum/settings"]
        assert isinstance(found, str)
        return found

    assert checksum("logs.level=DEBUG") != checksum()
    assert checksum("podLabels.team=other") == checksum()


@pytest.mark.parametrize("values", SETS)
def test_hooks_bring_along_what_they_refer_to(values: str) -> None:
    rendered = render(values)
    hooked = [one for one in rendered.of_kind("Job") if "pre-install" in hooks(one)]
    made = {
        (one["kind"], one["metadata"]["name"]): weight(one)
        for one in rendered.manifests
        if "pre-install" in hooks(one)
    }

    assert [one["metadata"]["name"] for one in sorted(hooked, key=weight)] == [
        "live-arvio-topics",
        "live-arvio-migrate-catalogue",
        "live-arvio-migrate-aggregation",
    ]
    for job in hooked:
        spec = job["spec"]["template"]["spec"]
        assert made["ServiceAccount", spec["serviceAccountName"]] < weight(job)
        assert made["NetworkPolicy", job["metadata"]["name"]] < weight(job)
        assert "envFrom" not in container(job["spec"]["template"])
        assert {"pre-install", "pre-upgrade"} == set(hooks(job))
        policy = job["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
        assert policy == "before-hook-creation,hook-succeeded"


def weight(manifest: Manifest) -> int:
    return int(manifest["metadata"]["annotations"]["helm.sh/hook-weight"])


def test_a_job_reads_the_settings_of_its_program() -> None:
    # Lifetimes of rows are given by whoever migrates last: both have to say the same.
    rendered = render(
        "required",
        "programs.aggregation.settings.retention.comments_days=30",
        "settings.retention.recent_ratings_days=20",
        "programs.aggregation.extraEnv[0].name=PYTHONMALLOC",
        "programs.aggregation.extraEnv[0].value=malloc",
    )
    job = {
        one["name"]: one["value"]
        for one in container(rendered.one("Job", "migrate-aggregation")["spec"]["template"])["env"]
    }
    program = rendered.one("ConfigMap", "aggregation")["data"]

    assert job["ARVIO_RETENTION__COMMENTS_DAYS"] == "30"
    assert job["ARVIO_RETENTION__RECENT_RATINGS_DAYS"] == "20"
    assert job["PYTHONMALLOC"] == "malloc"
    for name in ("ARVIO_RETENTION__COMMENTS_DAYS", "ARVIO_RETENTION__RECENT_RATINGS_DAYS"):
        assert program[name] == job[name]


def test_a_pod_without_secrets_is_not_sent_to_look_for_any() -> None:
    rendered = render("required", "kafka.securityProtocol=PLAINTEXT")
    publication = rendered.one("Deployment", "publication")["spec"]["template"]

    assert secret_files(publication) == []
    assert FOLDER_OF_SECRETS not in rendered.one("ConfigMap", "publication")["data"]
    assert FOLDER_OF_SECRETS in rendered.one("ConfigMap", "catalogue")["data"]


def test_jobs_know_of_the_stores_what_programs_know() -> None:
    for job, program in (
        ("topics", "aggregation"),
        ("migrate-aggregation", "aggregation"),
        ("migrate-catalogue", "catalogue"),
    ):
        pod = render("everything").one("Job", job)["spec"]["template"]
        told = {one["name"]: one["value"] for one in container(pod)["env"]}
        known = environment("everything", program)

        assert {name: known.get(name) for name in told} == told
