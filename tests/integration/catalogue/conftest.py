"""Stores of both kinds, and the catalogue's calls without a broker."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import Response
from pydantic import SecretStr
from sqlalchemy import Engine

from services import catalogue
from services.catalogue.api import create_router
from services.catalogue.domain.keys import Issued, Wish, issue
from services.catalogue.domain.records import Person
from services.catalogue.domain.states import state_of
from services.catalogue.files import read_files
from services.catalogue.importing import Options, import_ptv
from services.catalogue.latest_events import LatestEvents
from services.catalogue.migrate import prepare
from services.catalogue.pages import (
    ManagementPages,
    create_key_pages,
    create_measurement_pages,
    create_pages,
    ptv_imports,
)
from services.catalogue.ptv_runs import PtvImports
from services.catalogue.settings import CatalogueSettings, PtvSettings
from services.catalogue.standings import Standings
from services.catalogue.storage import Store, create_engine
from shared.events import ApiKeyChanged
from shared.http import KeyRing, Program, Sessions, create_application
from shared.pages import Pages
from shared.rights import Grant
from shared.settings import SessionSettings
from shared.vocabulary import Scope
from tests.support.actors import TESTER
from tests.support.aggregation_stand_in import AggregationStandIn
from tests.support.identity_provider import IdentityProvider, running_identity_provider
from tests.support.postgres import Postgres, running_postgres
from tests.support.ptv_entries import PTV_FILE
from tests.support.sign_in_door import Door, opened_door, sign_in_service

SIGNING_SECRET = "a secret of these tests"
BASE_URL = "http://catalogue"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL, shared by the session: use a database of your own."""
    # Not pytest's folder: nobody but its owner may enter that, and the server
    # runs as somebody else.
    folder = Path("/var/tmp") / f"arvio-postgres-{uuid4().hex}"  # noqa: S108  removed below
    with running_postgres(folder) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'catalogue.sqlite3'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.create(f"test_{uuid4().hex}")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    prepare(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store(engine)


@pytest.fixture
def full_store(store: Store) -> Store:
    """A store with the made-up e-services of the simulation."""
    import_ptv(store, read_files([PTV_FILE], 10_000_000), Options())
    return store


@dataclass
class Calls:
    """The catalogue's calls, with keys of one's own."""

    store: Store
    ring: KeyRing
    client: httpx.AsyncClient

    def key(self, wish: Wish | None = None) -> dict[str, str]:
        """Return the header of a new key, which may do everything unless told otherwise."""
        issued = issue(wish or Wish(label="all", scopes=tuple(Scope)), datetime.now(UTC))
        return self.known(issued)

    def known(self, issued: Issued) -> dict[str, str]:
        """Let the ring know a key, as its topic would."""
        event = state_of(issued.key, datetime.now(UTC))
        assert isinstance(event, ApiKeyChanged)
        self.ring.on_api_key_changed(event)
        return {"Authorization": f"Bearer {issued.clear}"}


@dataclass
class Visits:
    """The catalogue's pages, and people who look at them."""

    store: Store
    sessions: Sessions
    client: httpx.AsyncClient
    standings: Standings
    aggregation: AggregationStandIn

    def person(self, *grants: Grant, name: str = "Aino Esimerkki") -> Person:
        """Put somebody in who has these rights."""
        person = Person(
            person_id=uuid4(),
            issuer="tests",
            subject=uuid4().hex,
            name=name,
            grants=grants,
            created_at=datetime.now(UTC),
        )
        with self.store.write(TESTER) as session:
            return session.add(person)

    def know(self, person: Person) -> None:
        """Let somebody be as told from here on."""
        with self.store.write(TESTER) as session:
            held = session.person(person.person_id)
            assert held is not None
            session.replace_person(person.model_copy(update={"version": held.version}))

    def sign_in(self, person: Person) -> str:
        """Let the client be `person` from here on; returns what their forms carry."""
        session = self.sessions.begin(person.person_id, datetime.now(UTC))
        response = Response()
        self.sessions.keep(response, session)
        cookie = response.headers["set-cookie"].split(";")[0]
        self.client.headers["cookie"] = cookie
        return self.sessions.csrf_token(session)

    async def post(self, path: str, token: str, **fields: str | list[str]) -> httpx.Response:
        """Send a form as the browser would."""
        return await self.client.post(
            path, data={"csrf_token": token, **fields}, headers={"sec-fetch-site": "same-origin"}
        )


@pytest.fixture
async def visits(full_store: Store, tmp_path: Path) -> AsyncIterator[Visits]:
    sessions = Sessions(SecretStr(SIGNING_SECRET), SessionSettings(), base_url=BASE_URL)
    pages = Pages(Path(catalogue.__file__).parent, base_url=BASE_URL)
    management = ManagementPages(full_store, sessions, pages, base_url=BASE_URL)
    standings, aggregation = Standings(), AggregationStandIn()
    latest = LatestEvents(
        "http://aggregation", CatalogueSettings(), transport=aggregation.transport
    )
    program = Program(
        name="catalogue",
        routers=[
            create_pages(management),
            create_key_pages(management, SecretStr(SIGNING_SECRET)),
            create_measurement_pages(management, standings, latest),
            ptv_imports.routes(
                management, PtvImports(full_store, PtvSettings(), tmp_path / "ptv")
            ),
        ],
        lifespan=_nothing,
        checks={},
    )
    transport = httpx.ASGITransport(create_application(program))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        client.headers["accept-language"] = "en"
        yield Visits(full_store, sessions, client, standings, aggregation)
    await latest.close()


@pytest.fixture(scope="session")
def running_provider() -> Iterator[IdentityProvider]:
    """A provider of OpenID Connect that really runs; making its key takes a while."""
    with running_identity_provider() as one:
        yield one


@pytest.fixture
def provider(running_provider: IdentityProvider) -> IdentityProvider:
    """The provider, as if nobody had ever asked it anything."""
    running_provider.forget()
    return running_provider


@pytest.fixture
async def door(store: Store, provider: IdentityProvider) -> AsyncIterator[Door]:
    """The way in, from a provider of OpenID Connect that really runs."""
    async with opened_door(store, provider, sign_in_service(provider.issuer)) as one:
        yield one


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


@pytest.fixture
async def calls(full_store: Store) -> AsyncIterator[Calls]:
    ring = KeyRing()
    program = Program(
        name="catalogue",
        routers=[create_router(full_store, ring, SecretStr(SIGNING_SECRET))],
        lifespan=_nothing,
        checks={},
    )
    transport = httpx.ASGITransport(create_application(program))
    async with httpx.AsyncClient(transport=transport, base_url="http://catalogue") as client:
        yield Calls(full_store, ring, client)
