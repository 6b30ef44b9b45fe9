"""Streams of scores: whole for an organisation's key, withheld for everybody."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response

from services.publication.api.event_stream import EventStream
from services.publication.api.models import ORGANISATION_STREAM, PUBLIC_STREAM
from services.publication.api.published import CORS, published_or_not_found
from services.publication.domain.bodies import Bodies
from services.publication.domain.resuming import read_id
from services.publication.domain.subscribers import Hub
from services.publication.domain.tables import Tables
from services.publication.settings import PublicationSettings
from shared.errors import ArvioError
from shared.http import KeyRing
from shared.vocabulary import Scope


def routes(
    tables: Tables, bodies: Bodies, hub: Hub, keys: KeyRing, settings: PublicationSettings
) -> APIRouter:
    """Return the streams."""
    router = APIRouter()

    @router.get(
        "/v1/organisations/{organisation_id}/scores/stream",
        response_class=Response,
        responses=ORGANISATION_STREAM,
    )
    async def stream_organisation_scores(
        organisation_id: UUID,
        authorization: Annotated[str | None, Header()] = None,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Stream the whole scores of an organisation's e-services, as they change.

        Begins with the latest score of each e-service or, with `Last-Event-ID`, of
        each one that has changed since.
        """

        def refusal() -> str | None:
            try:
                keys.authorise(authorization, Scope.SCORES_READ, organisation_id=organisation_id)
            except ArvioError as error:
                return error.code
            return None

        key = keys.authorise(authorization, Scope.SCORES_READ, organisation_id=organisation_id)
        chosen = frozenset(key.eservice_ids)
        subscriber = hub.join_organisation(
            organisation_id,
            lambda eservice_id: not chosen or eservice_id in chosen,
            read_id(last_event_id, tables.next_offsets),
        )
        return EventStream(subscriber, hub, settings, body=bodies.whole, refusal=refusal)

    @router.get(
        "/v1/published/eservices/{eservice_id}/stream",
        response_class=Response,
        responses=PUBLIC_STREAM,
    )
    async def stream_published_score(
        eservice_id: UUID, last_event_id: Annotated[str | None, Header()] = None
    ) -> Response:
        """Stream the public score of one e-service, at most once a second."""
        published_or_not_found(tables, eservice_id)
        subscriber = hub.join_eservice(
            eservice_id,
            lambda _eservice_id: tables.published(eservice_id) is not None,
            read_id(last_event_id, tables.next_offsets),
        )
        return EventStream(
            subscriber,
            hub,
            settings,
            body=bodies.public,
            interval_seconds=settings.public_interval_seconds,
            headers=tuple((name.lower().encode(), value.encode()) for name, value in CORS.items()),
        )

    return router
