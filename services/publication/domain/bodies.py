"""The JSON in which scores leave publication: whole for their owner, withheld for the public."""

from typing import Any
from uuid import UUID

import orjson

from services.publication.domain.tables import Standing, Tables
from shared.events import EserviceChanged, ScorePublished, WindowScore
from shared.events.scores import WindowName
from shared.scores import Thresholds, withhold

_FIELDS = {"eservice_id", "organisation_id", "as_of", "windows"}

# The id follows from the numbers, so who hears it could find out small ones by trying.
_WHOLE = _FIELDS | {"event_id"}

_State = tuple[UUID, int | None]
"""What a body follows from: the numbers' id, and how many ratings it takes to say them."""


class Bodies:
    """Score bodies, each made once for all who read it."""

    def __init__(self, tables: Tables, thresholds: Thresholds) -> None:
        self._tables = tables
        self._thresholds = thresholds
        self._whole: dict[UUID, tuple[_State, bytes]] = {}
        self._public: dict[UUID, tuple[_State, bytes]] = {}

    def min_ratings(self, eservice_id: UUID) -> int:
        """Return how many ratings it takes until the public hears a number of an e-service."""
        return self._thresholds.min_ratings_of(self._tables.eservices.get(eservice_id))

    def whole(self, standing: Standing) -> bytes:
        """Return a score with all its numbers, for the key of its own organisation."""
        return self._cached(self._whole, standing.score, None)

    def public(self, standing: Standing) -> bytes:
        """Return a score without what may not be said yet."""
        return self._cached(
            self._public, standing.score, self.min_ratings(standing.score.eservice_id)
        )

    def public_windows(self, eservice_id: UUID) -> dict[WindowName, WindowScore]:
        """Return the public windows of an e-service's score; none before its first one."""
        standing = self._tables.standings.get(eservice_id)
        return dict(self._withheld(standing.score).windows) if standing is not None else {}

    def published(self, eservice: EserviceChanged) -> dict[str, Any]:
        """Return a published e-service with its names, ids and public score."""
        standing = self._tables.standings.get(eservice.eservice_id)
        score = orjson.loads(self.public(standing)) if standing is not None else {}
        return {
            "eservice_id": str(eservice.eservice_id),
            "organisation_id": str(eservice.organisation_id),
            "names": eservice.names,
            "organisation_names": dict(self._tables.organisation_names(eservice.organisation_id)),
            "urls": eservice.urls,
            "ptv_service_id": _text(eservice.ptv_service_id),
            "ptv_channel_id": _text(eservice.ptv_channel_id),
            "is_open": eservice.is_open,
            "as_of": score.get("as_of"),
            "windows": score.get("windows", {}),
        }

    def _withheld(self, score: ScorePublished) -> ScorePublished:
        return withhold(score, min_ratings=self.min_ratings(score.eservice_id))

    def _cached(
        self,
        cache: dict[UUID, tuple[_State, bytes]],
        score: ScorePublished,
        min_ratings: int | None,
    ) -> bytes:
        """Return the body for the public or, where no threshold is named, the whole one."""
        known = cache.get(score.eservice_id)
        state = (score.event_id, min_ratings)
        if known is None or known[0] != state:
            is_public = min_ratings is not None
            shown = self._withheld(score) if is_public else score
            fields = _FIELDS if is_public else _WHOLE
            body = orjson.dumps(shown.model_dump(mode="json", include=fields))
            known = cache[score.eservice_id] = (state, body)
        return known[1]


def _text(identifier: UUID | None) -> str | None:
    return str(identifier) if identifier is not None else None
