"""Rating capture without a broker: real tables in memory, and a publisher that keeps facts."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from pydantic import SecretStr

from services.rating_capture.app import assemble
from services.rating_capture.reception import Reception
from services.rating_capture.settings import FloodSettings, Settings
from services.rating_capture.tables import Tables
from services.rating_capture.widget_files import WidgetFiles
from shared.errors import BrokerUnavailableError
from shared.events import ApiKeyChanged, EserviceChanged, Question, QuestionSetChanged
from shared.events.base import Event
from shared.http import Application, KeyRing, create_application, hash_secret
from shared.settings import HttpSettings, TokenSettings
from shared.tokens import CompletionToken, derive_secret, sign
from shared.vocabulary import EndPoint, Scope

SIGNING_SECRET = "a secret of these tests"
BASE_URL = "http://arvio.test"
ORGANISATION = UUID("5e000000-0000-4000-8000-000000000001")
OTHER_ORGANISATION = UUID("5e000000-0000-4000-8000-000000000002")
OPEN = UUID("5e000000-0000-5000-8000-000000000011")
CLOSED = UUID("5e000000-0000-5000-8000-000000000012")
LISTED = UUID("5e000000-0000-5000-8000-000000000013")
SILENT = UUID("5e000000-0000-5000-8000-000000000014")
FOREIGN = UUID("5e000000-0000-5000-8000-000000000015")
LISTED_ORIGIN = "https://asiointi.example.fi"

QUESTIONS = QuestionSetChanged(
    event_id=uuid4(),
    occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
    question_set_id="base",
    version=1,
    questions=(
        Question(
            question_id="ease",
            texts={"fi": "Kuinka helppoa?", "sv": "Hur lätt?", "en": "How easy?"},
        ),
        Question(question_id="flow", texts={"fi": "Kuinka sujui?"}, weight=2.0),
    ),
)


def eservice(eservice_id: UUID = OPEN, **fields: Any) -> EserviceChanged:  # noqa: ANN401  any field
    """Return an e-service that takes everything from everywhere."""
    given: dict[str, Any] = {
        "event_id": uuid4(),
        "occurred_at": datetime(2026, 1, 1, tzinfo=UTC),
        "eservice_id": eservice_id,
        "organisation_id": ORGANISATION,
        "names": {"fi": "Päivähoitohakemus", "sv": "Dagvårdsansökan"},
    }
    return EserviceChanged(**(given | fields))


ESERVICES = (
    eservice(),
    eservice(CLOSED, is_open=False),
    eservice(LISTED, allowed_origins=(LISTED_ORIGIN,)),
    eservice(
        SILENT,
        is_comment_allowed=False,
        token_secret_version=3,
        own_question=Question(question_id="own-silent", texts={"fi": "Oma?"}),
    ),
    eservice(FOREIGN, organisation_id=OTHER_ORGANISATION),
)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self._seconds = 1000.0

    def __call__(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._seconds += seconds


@dataclass
class KeptFacts:
    """A publisher that keeps what it is given, or says that the broker is away."""

    facts: list[Event] = field(default_factory=list)
    is_away: bool = False
    refused_ids: set[UUID] = field(default_factory=set)

    async def publish(self, event: Event) -> None:
        """Keep one fact."""
        if self.is_away or event.event_id in self.refused_ids:
            message = "the broker is away"
            raise BrokerUnavailableError(message)
        self.facts.append(event)

    async def publish_all(self, events: Sequence[Event]) -> list[BrokerUnavailableError | None]:
        """Keep several facts."""
        outcomes: list[BrokerUnavailableError | None] = []
        for event in events:
            try:
                await self.publish(event)
            except BrokerUnavailableError as error:
                outcomes.append(error)
            else:
                outcomes.append(None)
        return outcomes


@dataclass
class Door:
    """The program and what tests look at."""

    reception: Reception
    application: Application
    tables: Tables
    keys: KeyRing
    broker: KeptFacts
    is_loaded: bool = True
    now: datetime | None = None

    def client(self, peer: str = "127.0.0.1") -> httpx.AsyncClient:
        """Return a client at an address of its own."""
        transport = httpx.ASGITransport(self.application, client=(peer, 1234))
        return httpx.AsyncClient(transport=transport, base_url=BASE_URL)

    def key(self, *scopes: Scope, **limits: Any) -> dict[str, str]:  # noqa: ANN401  any limit
        """Return the header of a new key; of all scopes unless told otherwise."""
        key_id = uuid4().hex[:12]
        self.keys.on_api_key_changed(
            ApiKeyChanged(
                event_id=uuid4(),
                occurred_at=datetime.now(UTC),
                key_id=key_id,
                secret_hash=hash_secret("secret"),
                scopes=scopes or tuple(Scope),
                **limits,
            )
        )
        return {"Authorization": f"Bearer arvio_{key_id}_secret"}


def make_door(**floods: Any) -> Door:  # noqa: ANN401  any setting
    """Return a door with tables of e-services, whose flood limits may be set."""
    settings = Settings(
        http=HttpSettings(public_base_url=BASE_URL),
        tokens=TokenSettings(signing_secret=SecretStr(SIGNING_SECRET)),
        floods=FloodSettings(**floods),
    )
    tables, keys, broker, widget = Tables(), KeyRing(), KeptFacts(), WidgetFiles()
    for each in ESERVICES:
        tables.put_eservice(each)
    tables.put_question_set(QUESTIONS)
    widget.load()
    found: list[Door] = []
    reception = Reception(
        settings,
        tables,
        keys,
        broker,
        lambda: found[0].is_loaded,
        clock=lambda: found[0].now or datetime.now(UTC),
    )
    application = create_application(assemble(reception, widget, _nothing, {}))
    found.append(Door(reception, application, tables, keys, broker))
    return found[0]


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


def rating(**fields: Any) -> dict[str, Any]:  # noqa: ANN401  any field
    """Return the body of a rating that nothing speaks against."""
    given: dict[str, Any] = {
        "rating_id": str(uuid4()),
        "eservice_id": str(OPEN),
        "question_id": "ease",
        "stars": 5,
        "language": "fi",
    }
    return {name: value for name, value in (given | fields).items() if value is not None}


def completion(**fields: Any) -> dict[str, Any]:  # noqa: ANN401  any field
    """Return the body of a completion that nothing speaks against."""
    given: dict[str, Any] = {
        "completion_id": str(uuid4()),
        "eservice_id": str(OPEN),
        "channel": "e_service",
        "end_point": "completed",
        "completed_at": datetime.now(UTC).isoformat(),
    }
    return {name: value for name, value in (given | fields).items() if value is not None}


def token(
    eservice_id: UUID = OPEN,
    *,
    version: int = 1,
    lifetime: timedelta = timedelta(hours=1),
    end_point: EndPoint | None = None,
    secret: str = SIGNING_SECRET,
) -> tuple[CompletionToken, str]:
    """Return a completion token as an e-service signs it itself."""
    now = datetime.now(UTC)
    made = CompletionToken(uuid4(), eservice_id, now + lifetime, end_point)
    return made, sign(made, derive_secret(secret, eservice_id, version), now=now)
