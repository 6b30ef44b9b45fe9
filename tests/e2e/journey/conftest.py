"""One stack of this folder's own, an organisation with e-services, and a site with the tag."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.journey.eservice import Eservice, Organisation
from tests.e2e.widget.rating_server import RatingServer
from tests.support.ptv_entries import channel, organization, ptv_id, service
from tests.support.stack import Stack

Prepare = Callable[[str], Awaitable[Eservice]]

STATIC = Path(__file__).parents[3] / "services" / "rating_capture" / "static"
NAMES = ("mouse", "keyboard", "plain", "killed", "closed")
SCOPES = ("scores:read", "comments:read", "ratings:write", "completions:write")


@pytest.fixture(scope="session")
def journey_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose broker may be killed, and that soon says so to who waits for it."""
    running = Stack(
        tmp_path_factory.mktemp("journey-stack"),
        {"ARVIO_KAFKA__PUBLISH_TIMEOUT_SECONDS": "1"},
    )
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def organisation(journey_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """A new organisation with an e-service for each test, from a PTV file, and its key."""
    path = tmp_path_factory.mktemp("ptv") / "ptv.json"
    content = {
        "organizations": [organization("journey-org")],
        "services": [service(name, f"{name}-c", owner="journey-org") for name in NAMES],
        "serviceChannels": [channel(f"{name}-c", owner="journey-org") for name in NAMES],
    }
    path.write_text(json.dumps(content))
    journey_stack.command("services.catalogue", "import-ptv", path)
    listed = json.loads(journey_stack.command("services.catalogue", "eservices", "list", "--json"))
    ours = {
        name: each for each in listed for name in NAMES if each["ptv_service_id"] == ptv_id(name)
    }
    organisation_id = ours["mouse"]["organisation_id"]
    scopes = [argument for scope in SCOPES for argument in ("--scope", scope)]
    key = journey_stack.command(
        "services.catalogue", "keys", "issue", *scopes, "--organisation", organisation_id
    ).split()[-1]
    return Organisation(
        stack=journey_stack,
        organisation_id=organisation_id,
        authorization=f"Bearer {key}",
        eservice_ids={name: each["eservice_id"] for name, each in ours.items()},
    )


@pytest.fixture
async def prepare(organisation: Organisation) -> AsyncIterator[Prepare]:
    """Prepare an e-service of one's own, with enough ratings to be published."""
    async with httpx.AsyncClient(
        base_url=organisation.stack.base_url,
        headers={"Authorization": organisation.authorization},
        trust_env=False,
        timeout=10,
    ) as client:

        async def prepared(name: str) -> Eservice:
            eservice = Eservice(organisation, organisation.eservice_ids[name], client)
            await eservice.fill()
            return eservice

        yield prepared


@pytest.fixture
def site() -> Iterator[RatingServer]:
    """The e-service's own server: another host, so another origin and another site."""
    with RatingServer(STATIC, host="localhost") as server:
        yield server
