"""After a restore: what topics say and the store does not, so that both agree again."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from uuid_utils.compat import uuid7

from services.catalogue.domain.records import ApiKey, Eservice, Organisation, Person, Thresholds
from services.catalogue.domain.states import state_of
from services.catalogue.inviting import withdraw
from services.catalogue.storage.session import Session
from shared import topics
from shared.errors import BrokerUnavailableError
from shared.events import (
    ApiKeyChanged,
    EserviceChanged,
    Event,
    OrganisationChanged,
    PersonChanged,
    ThresholdsChanged,
)
from shared.kafka import TopicFollower
from shared.settings import KafkaSettings

if TYPE_CHECKING:
    from shared.topics import Topic

_LONGEST_SECONDS = 60.0

_TOPICS = (
    topics.ORGANISATION_CHANGED,
    topics.ESERVICE_CHANGED,
    topics.QUESTION_SET_CHANGED,
    topics.THRESHOLDS_CHANGED,
    topics.API_KEY_CHANGED,
    topics.PERSON_CHANGED,
)

Told = dict[tuple[str, bytes], Event]
"""The last state of each key, by topic."""


@dataclass
class Report:
    """What had to be done."""

    told_anew: int = 0
    """States that topics did not have, or had otherwise."""

    revoked: list[str] = field(default_factory=list)
    """Keys that were revoked after the backup, and are again."""

    limited: list[str] = field(default_factory=list)
    """People who lost rights, or were signed out, after the backup, and are again."""

    restricted: list[str] = field(default_factory=list)
    """E-services that were closed, hidden or made stricter after the backup, and are again."""

    invitations: list[str] = field(default_factory=list)
    """Invitations that were open in the backup: no topic tells whether they still were."""

    withdrawn: list[str] = field(default_factory=list)
    """What only topics know: it is closed, hidden, withdrawn or revoked from now on."""


async def read_topics(kafka: KafkaSettings) -> Told:
    """Return the last states on the catalogue's topics. Raises `BrokerUnavailableError`."""
    told: Told = {}

    def note(event: Any) -> None:  # noqa: ANN401  any of the catalogue's events
        told[event.topic.name, event.key] = event

    handlers: dict[Topic, Any] = dict.fromkeys(_TOPICS, note)
    follower = TopicFollower(kafka, handlers)
    await follower.start()
    try:
        await asyncio.wait_for(follower.wait_loaded(), _LONGEST_SECONDS)
    except TimeoutError as error:
        message = "Kafka does not tell what is on the catalogue's topics"
        raise BrokerUnavailableError(message) from error
    finally:
        await follower.stop()
    return told


def reconcile(session: Session, told: Told) -> Report:
    """Publish what topics have otherwise than the store; nothing that was closed is opened.

    A key that topics know as revoked stays revoked; people have no right that they had
    lost by then; thresholds that were set after the backup hold; of each e-service's
    settings the stricter hold; no invitation is open. What the store does not know is
    published as withdrawn: it came after the backup, and nobody could manage it.
    """
    session.lock()
    report = Report()
    for key in session.api_keys():
        revoked_at = _revoked_at(told, key)
        if key.revoked_at is None and revoked_at is not None:
            session.replace_key(key.model_copy(update={"revoked_at": revoked_at}))
            report.revoked.append(key.key_id)
    _limit_people(session, told, report)
    _restrict_eservices(session, told, report)
    for invitation in session.open_invitations():
        withdraw(session, invitation)
        report.invitations.append(str(invitation.invitation_id))
    _take_over_thresholds(session, told)
    records = [
        *session.question_sets(),
        *session.thresholds()[:1],
        *session.everything(Organisation),
        *session.everything(Eservice),
        *session.api_keys(),
        *session.people(),
    ]
    known = set()
    for record in records:
        event = state_of(record, session.now)
        if event is None:
            continue
        place = (event.topic.name, event.key)
        known.add(place)
        if _content(told.get(place)) != _content(event):
            session.tell([record])
            report.told_anew += 1
    _withdraw(session, report, (event for place, event in told.items() if place not in known))
    return report


def _limit_people(session: Session, told: Told, report: Report) -> None:
    for person in session.people():
        place = (topics.PERSON_CHANGED.name, str(person.person_id).encode())
        event = told.get(place)
        if isinstance(event, PersonChanged) and (after := _limited(person, event, session.now)):
            state = state_of(session.replace_person(after), session.now)
            if state is not None:
                told[place] = state
            report.limited.append(str(person.person_id))


def _limited(person: Person, event: PersonChanged, now: datetime) -> Person | None:
    """Return somebody without what they had lost after the backup, if that is anything.

    When a session ends that was ended then is not told, so all of theirs end.
    """
    is_signed_out = event.sessions_valid_from != person.sessions_valid_from or not set(
        event.ended_session_ids
    ) <= set(person.ended_session_ids)
    after = person.model_copy(
        update={
            "is_active": person.is_active and event.is_active,
            "grants": tuple(each for each in person.grants if each in event.grants),
            "sessions_valid_from": now if is_signed_out else person.sessions_valid_from,
        }
    )
    return after if after != person else None


def _restrict_eservices(session: Session, told: Told, report: Report) -> None:
    stricter = []
    for eservice in session.everything(Eservice):
        event = told.get((topics.ESERVICE_CHANGED.name, str(eservice.eservice_id).encode()))
        if isinstance(event, EserviceChanged) and (after := _restricted(eservice, event)):
            stricter.append(after)
    for after in session.replace_all(stricter):
        state = state_of(after, session.now)
        if state is not None:
            told[state.topic.name, state.key] = state
        report.restricted.append(str(after.eservice_id))


def _restricted(eservice: Eservice, event: EserviceChanged) -> Eservice | None:
    """Return an e-service with the stricter of its settings, if one was stricter on the topic.

    Of two lists of origins the topic's is the later one: an origin that it lacks may have been
    taken away. An empty list lets every origin in, so it is never the stricter. A version
    of the secret takes back the secrets before it. One that is withdrawn is told as closed
    and hidden anyway, which says nothing about what was set.
    """
    retentions = (eservice.comment_retention_days, event.comment_retention_days)
    is_withdrawn = eservice.is_withdrawn
    after = eservice.model_copy(
        update={
            "is_open": eservice.is_open and (event.is_open or is_withdrawn),
            "is_published": eservice.is_published and (event.is_published or is_withdrawn),
            "is_comment_allowed": eservice.is_comment_allowed and event.is_comment_allowed,
            "allowed_origins": event.allowed_origins or eservice.allowed_origins,
            "token_secret_version": max(eservice.token_secret_version, event.token_secret_version),
            "min_ratings": max(eservice.min_ratings or 0, event.min_ratings or 0) or None,
            "comment_retention_days": min((each for each in retentions if each), default=None),
        }
    )
    return after if after != eservice else None


def _take_over_thresholds(session: Session, told: Told) -> None:
    newest = next(iter(session.thresholds()), None)
    for event in told.values():
        if isinstance(event, ThresholdsChanged) and (
            newest is None or newest.version < event.version
        ):
            session.add(Thresholds(version=event.version, min_ratings=event.min_ratings))


def _revoked_at(told: Told, key: ApiKey) -> datetime | None:
    event = told.get((topics.API_KEY_CHANGED.name, key.key_id.encode()))
    return event.revoked_at if isinstance(event, ApiKeyChanged) else None


def _withdraw(session: Session, report: Report, unknown: Iterable[Event]) -> None:
    for event in unknown:
        end: dict[str, object]
        if isinstance(event, ApiKeyChanged):
            end = {"revoked_at": session.now}
        elif isinstance(event, EserviceChanged):
            end = {"is_open": False, "is_published": False}
        elif isinstance(event, OrganisationChanged):
            end = {"is_withdrawn": True}
        elif isinstance(event, PersonChanged):
            end = {"is_active": False, "grants": ()}
        else:
            continue
        after = event.model_copy(update=end)
        if isinstance(event, ApiKeyChanged) and event.revoked_at is not None:
            continue
        if after == event:
            continue
        session.tell_event(
            after.model_copy(update={"event_id": uuid7(), "occurred_at": session.now})
        )
        report.withdrawn.append(f"{event.topic.name} {event.key.decode()}")


def _content(event: Event | None) -> dict[str, Any] | None:
    """Return what a state says, without when and under which id it was told."""
    return None if event is None else event.model_dump(exclude={"event_id", "occurred_at"})
