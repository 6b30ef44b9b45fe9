"""Kafka in: each handler takes one state over into the tables, and may run twice."""

from datetime import UTC, datetime

from services.publication.domain.subscribers import Hub
from services.publication.domain.tables import Place, Tables
from services.publication.metrics import SCORE_AGE, SCORES_FOLLOWED
from shared.events import (
    ApiKeyChanged,
    EserviceChanged,
    OrganisationChanged,
    QuestionSetChanged,
    ScorePublished,
    ThresholdsChanged,
)
from shared.http import KeyRing
from shared.scores import Thresholds


def on_score_published(event: ScorePublished, place: Place, tables: Tables, hub: Hub) -> None:
    """Show a score everywhere: pages and calls read the tables, streams are woken."""
    if tables.set_score(event, place):
        hub.notify(event)
    SCORES_FOLLOWED.inc()
    SCORE_AGE.observe(max(0.0, (datetime.now(UTC) - event.as_of).total_seconds()))


def on_eservice_changed(event: EserviceChanged, tables: Tables, hub: Hub) -> None:
    """Know what the e-service is called, and whether and when its score is public."""
    before = tables.eservices.get(event.eservice_id)
    tables.set_eservice(event)
    if before is not None and before.min_ratings != event.min_ratings:
        hub.tell_public(event.eservice_id)


def on_thresholds_changed(event: ThresholdsChanged, thresholds: Thresholds, hub: Hub) -> None:
    """Say from here on what the public may hear, also to those who listen already."""
    if thresholds.on_thresholds_changed(event):
        hub.tell_public()


def on_organisation_changed(event: OrganisationChanged, tables: Tables) -> None:
    """Know what the organisation is called."""
    tables.set_organisation(event)


def on_question_set_changed(event: QuestionSetChanged, tables: Tables) -> None:
    """Know how the questions are worded."""
    tables.set_question_set(event)


def on_api_key_changed(event: ApiKeyChanged, keys: KeyRing) -> None:
    """Know which keys may read which streams."""
    keys.on_api_key_changed(event)
