"""Whatever Dockerfile and docker-compose.yml name is there in the code, and nothing is missing."""

import importlib
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from deploy import health
from shared.settings import ArvioSettings, HttpSettings
from tests.contract.environment import variables
from tests.support.compose import (
    FILE,
    PROGRAMS,
    ROOT,
    compose,
    dockerfile,
    ours,
    program_at,
    program_of,
    routes,
    services,
)

SCRIPT = (ROOT / "deploy" / "compose" / "make_secrets.sh").read_text(encoding="utf-8")
OF_PROGRAMS = {program: one for one in ours().values() if (program := program_of(one))}
EXAMPLE = "9f1c2d3e-0000-5000-8000-000000000000"


def image_variables() -> dict[str, str]:
    return dict(re.findall(r"(ARVIO_\w+)=(\S+)", dockerfile()))


def exposed() -> int:
    [port] = re.findall(r"^EXPOSE (\d+)$", dockerfile(), re.MULTILINE)
    return int(port)


def settings_of(program: str) -> ArvioSettings:
    found = importlib.import_module(f"services.{program}.settings").Settings()
    assert isinstance(found, ArvioSettings)
    return found


def test_every_program_is_a_service_and_no_other() -> None:
    assert set(OF_PROGRAMS) == set(PROGRAMS)
    for name, one in ours().items():
        program = program_of(one)
        assert program is None or name == program.replace("_", "-")


def test_topics_and_tables_are_made_before_programs_start() -> None:
    once = {name: one["command"][2:] for name, one in ours().items() if program_of(one) is None}

    assert once == {
        "topics": ["deploy.kafka.create_topics"],
        "migrate": ["services.aggregation", "migrate"],
    }
    for module, *_command in once.values():
        assert importlib.util.find_spec(module) is not None
    done = {"condition": "service_completed_successfully"}
    assert all(one["depends_on"]["topics"] == done for one in OF_PROGRAMS.values())
    assert OF_PROGRAMS["aggregation"]["depends_on"]["migrate"] == done


def test_every_variable_is_one_that_the_code_reads() -> None:
    known = {*variables(), "ARVIO_SECRETS_DIR"}

    assert set(image_variables()) <= known
    for name, one in ours().items():
        assert set(one["environment"]) <= known, name


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_is_told_all_that_it_needs(
    program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    service = OF_PROGRAMS[program]
    for name, value in (image_variables() | service["environment"]).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ARVIO_SECRETS_DIR", str(tmp_path))
    secrets = service.get("secrets", [])
    for name in secrets:
        (tmp_path / name).write_text(f"a long value of {name}")

    settings = settings_of(program)

    assert settings.http.port == exposed() == HttpSettings().port
    assert settings.http.host == "0.0.0.0"  # noqa: S104  compared, not bound
    assert all(read(settings, name) == f"a long value of {name}" for name in secrets)


def read(settings: ArvioSettings, secret: str) -> str:
    section, name = secret.removeprefix("arvio_").split("__")
    found = getattr(getattr(settings, section), name)
    assert isinstance(found, SecretStr)
    return found.get_secret_value()


def test_each_store_and_secret_that_has_no_default_is_given() -> None:
    wanted = {
        "aggregation": {"arvio_clickhouse__dsn", "arvio_tokens__signing_secret"},
        "catalogue": {
            "arvio_database__url",
            "arvio_identity__client_secret",
            "arvio_tokens__signing_secret",
        },
        "publication": set(),
        "rating_capture": {"arvio_tokens__signing_secret"},
    }

    assert {program: set(one.get("secrets", [])) for program, one in OF_PROGRAMS.items()} == wanted


def test_every_secret_is_a_file_that_the_script_makes() -> None:
    made = set(re.findall(r"^keep (\w+)", SCRIPT, re.MULTILINE))
    declared = compose()["secrets"]

    assert {Path(one["file"]).name for one in declared.values()} == set(declared)
    assert set(declared) <= made
    # Whatever else it makes is a part of another one.
    assert made - set(declared) == {"clickhouse_password"}
    used = {
        secret if isinstance(secret, str) else secret["source"]
        for one in services().values()
        for secret in one.get("secrets", [])
    }
    assert used == set(declared)


def test_without_secrets_the_file_says_what_to_do() -> None:
    text = FILE.read_text(encoding="utf-8")

    files = re.findall(r"^    file: (.+)", text, re.MULTILINE)
    assert len(files) == len(compose()["secrets"])
    sentence = "${ARVIO_SECRETS:?make the secrets first with deploy/compose/make_secrets.sh}"
    assert all(file.startswith(sentence) for file in files)


def test_every_variable_of_compose_is_explained() -> None:
    example = (ROOT / "deploy" / "compose" / "env.example").read_text(encoding="utf-8")
    explained = dict(re.findall(r"^#([A-Z_]+)=(.*)$", example, re.MULTILINE))
    used = dict(re.findall(r"\$\{(\w+)(?::-([^}]*))?", FILE.read_text(encoding="utf-8")))

    assert set(used) == set(explained)
    del used["ARVIO_SECRETS"]
    assert used == {name: explained[name] for name in used}


def test_everything_that_is_mounted_is_here() -> None:
    for name, one in services().items():
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./") and source != "./deploy/grafana/build":
                assert (ROOT / source).exists(), name
            elif not source.startswith("./"):
                assert source in compose()["volumes"], name


def test_images_are_pinned() -> None:
    pinned = re.compile(r"[\w./-]+:v?\d+\.\d+[\w.-]*")
    images = [one["image"] for one in services().values()]
    bases = re.findall(r"^ARG (?:NODE_)?BASE=(.+)$", dockerfile(), re.MULTILINE)

    assert len(bases) == 2
    assert [image for image in images + bases if not pinned.fullmatch(image)] == []
    assert re.findall(r"^FROM (\S+)", dockerfile(), re.MULTILINE) == [
        "${NODE_BASE}",
        "${BASE}",
        "${BASE}",
    ]


def test_nothing_is_to_be_reached_from_other_machines() -> None:
    ports = {name: one["ports"] for name, one in services().items() if "ports" in one}

    assert set(ports) == {"proxy", "prometheus", "alertmanager", "grafana"}
    for name, published in ports.items():
        assert all(port.startswith("127.0.0.1:") for port in published), name


def test_no_service_may_do_more_than_it_has_to() -> None:
    for name, one in services().items():
        assert one["cap_drop"] == ["ALL"], name
        # Caddy's file has this capability, and nobody may start it who can't have it.
        assert one.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else []), name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in one, name
        assert one["deploy"]["resources"]["limits"]["memory"], name
        # Kafka's image writes its configuration where it has been unpacked.
        assert one.get("read_only", False) is (name != "kafka"), name


def test_health_is_asked_of_every_service_that_stays() -> None:
    for name, one in services().items():
        once = name in {"topics", "migrate"}
        assert one.get("healthcheck", {}).get("disable", False) is once, name
        assert "healthcheck" in one or "build" in one, name
    [command] = re.findall(r"HEALTHCHECK .* CMD (\[.+\])", dockerfile())
    assert Path(health.__file__) == ROOT / "deploy" / "health.py"
    assert "deploy/health.py" in json.loads(command)[2]


def test_what_prometheus_asks_is_there() -> None:
    folder = ROOT / "deploy" / "prometheus"
    prometheus = yaml.safe_load((folder / "prometheus.yml").read_text(encoding="utf-8"))
    names: dict[str, list[str]] = {
        job["job_name"]: [name for one in job.get("dns_sd_configs", []) for name in one["names"]]
        for job in prometheus["scrape_configs"]
    }
    ports: set[Any] = {
        one["port"]
        for job in prometheus["scrape_configs"]
        for one in job.get("dns_sd_configs", [])
    }

    asked = {job: found for job, found in names.items() if found}
    expected = [program.replace("_", "-") for program in PROGRAMS]
    assert asked == {f"arvio-{name}": [name] for name in expected}
    assert ports == {exposed()}
    [alertmanager] = prometheus["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert alertmanager.split(":")[0] in services()
    alerting = (folder / "alertmanager.yml").read_text(encoding="utf-8")
    files = set(re.findall(r"api_url_file: /run/secrets/(\w+)", alerting))
    assert files == set(services()["alertmanager"]["secrets"])


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_call_is_sent_to_the_program_that_answers_it(program: str) -> None:
    document = (ROOT / "docs" / "openapi" / f"{program}.json").read_text(encoding="utf-8")
    paths = [re.sub(r"{\w+}", EXAMPLE, path) for path in json.loads(document)["paths"]]

    assert paths
    assert {path: program_at(path) for path in paths} == dict.fromkeys(paths, program)


def test_what_a_program_tells_operators_is_not_to_be_had_from_outside() -> None:
    for path in ("/health/live", "/health/ready", "/metrics", "/openapi.json", "/operators"):
        assert program_at(path) is None, path


def test_the_proxy_sends_to_services_of_compose() -> None:
    text = (ROOT / "deploy" / "compose" / "Caddyfile").read_text(encoding="utf-8")
    upstreams = re.findall(r"import program {\$([A-Z_]+):([\w-]+):(\d+)}", text)

    assert {route.program for route in routes()} == set(PROGRAMS)
    assert {(variable.lower(), host, port) for variable, host, port in upstreams} == {
        (program, program.replace("_", "-"), str(exposed())) for program in PROGRAMS
    }
