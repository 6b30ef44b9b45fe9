"""docker-compose.yml: the reference loader takes it, and all of its programs do their work."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.deploy.composition import ONCE, SERVICES, Composition
from tests.deploy.engine import run
from tests.support.compose import FILE, services
from tests.support.tools import tool
from tests.support.waiting import eventually_sync

# Building the image takes minutes when nothing is kept of an earlier run.
pytestmark = pytest.mark.timeout(1500)

SCOPES = ("catalogue:write", "catalogue:read", "ratings:write", "scores:read")


@dataclass(frozen=True)
class Visitor:
    """Somebody with a key and an e-service of their own, in front of the proxy."""

    http: httpx.Client
    eservice_id: str

    def rate(self, stars: int) -> None:
        rating = {
            "rating_id": str(uuid4()),
            "eservice_id": self.eservice_id,
            "question_id": "ease",
            "stars": stars,
            "language": "fi",
        }
        answer = self.http.post("/v1/ratings", json=rating)
        assert answer.status_code == 202, answer.text

    def counted(self) -> int:
        answer = self.http.get(f"/v1/eservices/{self.eservice_id}/score")
        assert answer.is_success, answer.text
        return int(answer.json()["windows"]["24h"]["ratings"])


def visitor(composition: Composition) -> Visitor:
    """Do what an operator does first: a key by command, all else by calls."""
    scopes = [part for scope in SCOPES for part in ("--scope", scope)]
    command = ("python", "-m", "services.catalogue", "keys", "issue", "--json", *scopes)
    key = json.loads(composition.command("catalogue", *command))["api_key"]
    http = httpx.Client(
        base_url=composition.base_url,
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
        timeout=20,
    )
    organisation, eservice = str(uuid4()), str(uuid4())
    names = {"fi": "Kokeilu", "sv": "Försök", "en": "Trial"}
    # The key is told to the running catalogue within a second.
    eventually_sync(
        lambda: http.post(
            "/v1/organisations", json={"organisation_id": organisation, "names": names}
        ).raise_for_status(),
        saying="the key works",
    )
    http.post(
        "/v1/eservices",
        json={"eservice_id": eservice, "organisation_id": organisation, "names": names},
    ).raise_for_status()
    found = Visitor(http, eservice)
    widget = f"/v1/eservices/{eservice}/widget?language=fi"
    eventually_sync(lambda: http.get(widget).is_success, saying="capture knows the e-service")
    eventually_sync(lambda: found.counted() == 0, saying="aggregation knows the e-service")
    return found


def loaded(folder: Path, text: str) -> str:
    (folder / "docker-compose.yml").write_text(text, encoding="utf-8")
    return run(
        *("sh", "-c", 'cd "$1" && "$2" -format json docker-compose.yml 2>&1', "sh"),
        *(str(folder), tool("cmd")),
    )


def test_the_reference_loader_refuses_it_without_secrets(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="make the secrets first with deploy/compose"):
        loaded(tmp_path, FILE.read_text(encoding="utf-8"))


def test_the_reference_loader_takes_it(tmp_path: Path) -> None:
    text = re.sub(r"\$\{ARVIO_SECRETS:[^}]+}", "secrets", FILE.read_text(encoding="utf-8"))

    found = json.loads(loaded(tmp_path, text))

    assert set(found["services"]) == set(services())
    assert set(found["volumes"]) == {
        "kafka", "clickhouse", "postgres", "prometheus", "alertmanager", "grafana",
    }  # fmt: skip
    [port] = found["services"]["proxy"]["ports"]
    assert (port["host_ip"], port["published"], port["target"]) == ("127.0.0.1", "8080", 8080)
    for name in SERVICES:
        assert found["services"][name]["read_only"] is True


@pytest.mark.parametrize("service", SERVICES)
def test_a_program_is_healthy_with_as_little_as_it_may_have(
    service: str, composition: Composition
) -> None:
    container = composition.container(service)
    [told] = json.loads(composition.engine.podman("container", "inspect", container.name))

    assert container.healthy()
    assert told["HostConfig"]["ReadonlyRootfs"] is True
    assert told["EffectiveCaps"] in ([], None)
    assert "no-new-privileges" in told["HostConfig"]["SecurityOpt"]
    assert composition.command(service, "id", "-u") == "10001"
    ticket = composition.command(service, "grep", "NoNewPrivs", "/proc/1/status")
    assert ticket.split() == ["NoNewPrivs:", "1"]


@pytest.mark.parametrize("service", ONCE)
def test_what_is_done_once_has_been_done(service: str, composition: Composition) -> None:
    state = composition.container(service).state()

    assert (state["Status"], state["ExitCode"]) == ("exited", 0)


def test_ratings_become_a_score_behind_one_address(composition: Composition) -> None:
    person = visitor(composition)

    for stars in (5, 4, 5, 5, 3, 4, 5, 1, 5, 4, 5, 5):
        person.rate(stars)

    eventually_sync(lambda: person.counted() == 12, 30, saying="twelve ratings are counted")
    published = f"/v1/published/eservices/{person.eservice_id}"
    eventually_sync(
        lambda: person.http.get(published).json()["windows"]["24h"]["ratings"] == 12,
        saying="the score is published",
    )
    page = person.http.get(f"/e-services/{person.eservice_id}")
    assert page.is_success
    assert "Kokeilu" in page.text
    # Each page finds its styles and scripts behind the same address.
    for path in {*re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text), "/widget.js"}:
        assert person.http.get(path).is_success, path
    assert person.http.get(f"/r/{person.eservice_id}").is_success


@pytest.mark.parametrize("path", ["/metrics", "/health/ready", "/openapi.json", "/v2/ratings"])
def test_the_proxy_keeps_what_is_for_operators(path: str, composition: Composition) -> None:
    assert httpx.get(f"{composition.base_url}{path}", trust_env=False).status_code == 404


def test_a_program_that_is_told_to_stop_drains_and_loses_nothing(
    composition: Composition,
) -> None:
    person = visitor(composition)

    try:
        for _ in range(50):
            person.rate(4)
        for service in SERVICES:
            container = composition.container(service)
            assert container.stop() == 0, container.logs()
            assert '"stopped"' in container.logs()
            assert container.written() == []
    finally:
        for service in SERVICES:
            composition.engine.podman("start", composition.container(service).name)
        composition.wait_ready()

    eventually_sync(lambda: person.counted() == 50, 30, saying="fifty ratings are counted")
