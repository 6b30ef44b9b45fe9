from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.publication.api import published, streams
from services.publication.domain.bodies import Bodies
from services.publication.domain.subscribers import Hub
from services.publication.domain.tables import Place, Tables
from services.publication.pages import eservices
from services.publication.pages.badge import Badges
from services.publication.pages.errors import error_page
from services.publication.pages.trends import Trends
from services.publication.settings import Settings
from shared.events import EserviceChanged, ScorePublished
from shared.http import Application, KeyRing, Program, create_application
from shared.pages import STATIC, Pages
from shared.scores import Thresholds
from tests.support import published as make
from tests.support.trend_server import periods

FOLDER = Path(eservices.__file__).parents[1]
PAGES = Pages(FOLDER, base_url="https://arvio.example.fi")


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    yield


@dataclass
class Site:
    """Publication without a broker: what would be heard is put into its tables."""

    settings: Settings = field(default_factory=Settings)
    tables: Tables = field(default_factory=Tables)
    keys: KeyRing = field(default_factory=KeyRing)
    has_trends: bool = True

    def __post_init__(self) -> None:
        self.tables.set_question_set(make.question_set())
        self.hub = Hub(self.tables, self.settings.publication.max_subscribers)
        self.thresholds = Thresholds(self.settings.thresholds)
        self.bodies = Bodies(self.tables, self.thresholds)
        self.offset = 0

    def add(self, **fields: Any) -> EserviceChanged:  # noqa: ANN401  any field
        eservice = make.eservice(**fields)
        self.tables.set_organisation(make.organisation(organisation_id=eservice.organisation_id))
        self.tables.set_eservice(eservice)
        return eservice

    def hear(self, score: ScorePublished, partition: int = 0) -> None:
        self.tables.set_score(score, Place(partition, self.offset))
        self.hub.notify(score)
        self.offset += 1

    @property
    def application(self) -> Application:
        publication = self.settings.publication
        trends = Trends("http://a", publication, transport=httpx.MockTransport(self._series))
        base_url = "https://arvio.example.fi"
        program = Program(
            name="publication",
            routers=[
                published.routes(self.tables, self.bodies, Badges(PAGES), publication, base_url),
                streams.routes(self.tables, self.bodies, self.hub, self.keys, publication),
                eservices.routes(self.tables, self.bodies, trends, PAGES, self.settings),
            ],
            lifespan=nothing,
            checks={},
            static=STATIC,
            error_page=error_page(PAGES),
        )
        return create_application(program)

    def _series(self, request: httpx.Request) -> httpx.Response:
        if not self.has_trends:
            return httpx.Response(503)
        return httpx.Response(200, json={"periods": periods(request.url.params["grain"])})

    async def get(self, path: str, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.application)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(
                path, headers={name.replace("_", "-"): value for name, value in headers.items()}
            )


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def new_site() -> Callable[[], Site]:
    """For properties, which need a fresh one for each example."""
    return Site
