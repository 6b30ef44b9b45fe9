"""What the catalogue knows, as values; each state that others need becomes its event."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.catalogue.domain.actors import Actor
from shared.events import PtvHints, Question
from shared.events.catalogue import MinRatings, RetentionDays
from shared.rights import Grant
from shared.vocabulary import Channel as ChannelName
from shared.vocabulary import EserviceId, OrganisationId, Scope

Texts = dict[str, str]

LONGEST_SILENCE = timedelta(seconds=60)
"""After which an import that is on its way is taken to have been killed."""


class Source(StrEnum):
    """Where an entry comes from; an import touches only its own."""

    PTV = "ptv"
    MANUAL = "manual"


class Record(BaseModel):
    """One entry of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Entry(Record):
    """An entry that people and imports change, one after the other."""

    names: Texts
    version: int = 1
    """Counts changes; a writer names the one it has seen."""

    source: Source = Source.PTV
    is_withdrawn: bool = False
    changed_at: AwareDatetime | None = None
    """When it last changed here; the store sets it."""


class Organisation(Entry):
    """Who provides e-services; `organisation_id` is PTV's id where it comes from there."""

    organisation_id: OrganisationId
    business_code: str | None = None
    parent_organisation_id: OrganisationId | None = None


class Channel(Entry):
    """One way to reach a service, as PTV describes it."""

    channel_id: UUID
    organisation_id: OrganisationId
    channel: ChannelName
    urls: Texts = {}
    ptv_service_ids: tuple[UUID, ...] = ()
    """The services that it belongs to, in the order of their ids."""

    hints: PtvHints | None = None
    """What PTV says that speaks to claims of the self-assessment; offers, never answers."""


class Eservice(Entry):
    """What is rated, with the settings that its organisation chose."""

    eservice_id: EserviceId
    organisation_id: OrganisationId
    descriptions: Texts = {}
    urls: Texts = {}
    ptv_service_id: UUID | None = None
    ptv_channel_id: UUID | None = None
    hints: PtvHints | None = None
    """What PTV says that speaks to claims of the self-assessment; offers, never answers."""

    question_set_id: str = "base"
    own_question: Question | None = None
    allowed_origins: tuple[str, ...] = ()
    is_open: bool = True
    is_published: bool = True
    is_comment_allowed: bool = True
    token_secret_version: int = 1
    min_ratings: MinRatings | None = None
    """Its own publication threshold, where it is higher than the nation's."""

    comment_retention_days: RetentionDays | None = None
    """For how many days a comment is kept, where that is shorter than everywhere."""


class QuestionSet(Record):
    """One version of a set of questions; versions never change, a new one follows."""

    question_set_id: str
    version: int
    questions: tuple[Question, ...]
    created_at: AwareDatetime | None = None
    """When it began to be asked; the store sets it."""


class Thresholds(Record):
    """When something is said in public; versions never change, a new one follows."""

    version: int
    min_ratings: MinRatings
    created_at: AwareDatetime | None = None
    """Since when it holds; the store sets it."""


class ApiKey(Record):
    """An issued key: what it may do, and the hash of its secret."""

    key_id: str
    label: str = ""
    secret_hash: str
    scopes: tuple[Scope, ...]
    organisation_id: OrganisationId | None = None
    eservice_ids: tuple[EserviceId, ...] = ()
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None

    def state(self, now: datetime) -> Literal["live", "expired", "revoked"]:
        """Tell whether the key still opens anything, and if not why."""
        if self.revoked_at is not None:
            return "revoked"
        is_over = self.expires_at is not None and self.expires_at <= now
        return "expired" if is_over else "live"


class PtvImport(Record):
    """One import from PTV's API that has gone in."""

    began_at: AwareDatetime
    """When PTV was first asked: what has changed since is for the next import."""

    finished_at: AwareDatetime
    is_everything: bool
    report: dict[str, object]
    """What it changed, as the command reports it."""


class PtvRun(Record):
    """An import from PTV's API on its way, wherever it was started and is carried out."""

    run_id: UUID
    began_at: AwareDatetime
    actor: Actor
    """Who started it."""

    is_dry_run: bool = False
    is_everything: bool = False
    """Whether everything was asked for, though only changes were due."""

    is_forced: bool = False
    """Whether it may withdraw more than half of all e-services."""

    state: Literal["running", "done", "failed"] = "running"
    alive_at: AwareDatetime
    """When whoever carries it out last said so."""

    step: str = ""
    number: int | None = None
    total: int | None = None
    error_code: str | None = None
    error: str | None = None
    report: dict[str, object] | None = None
    """What a dry run found; what a real one did is kept with its import."""

    import_began_at: AwareDatetime | None = None
    """The import that it became."""

    def is_silent(self, now: datetime) -> bool:
        """Tell whether nobody carries it out any more, though nobody has said that it ended."""
        return self.state == "running" and now - self.alive_at > LONGEST_SILENCE


class EndedSession(BaseModel):
    """A session that was ended before its time."""

    model_config = ConfigDict(frozen=True)

    session_id: UUID
    forget_at: AwareDatetime
    """When it is over anyway, so that nobody need remember it."""


class Person(Record):
    """Somebody who works with Arvio, as their organisation's sign-in service knows them."""

    person_id: UUID
    issuer: str
    """The sign-in service that knows them; `development` for made-up people."""

    subject: str
    """Their name there, which never changes and is nobody else's."""

    name: str = ""
    email: str = ""
    grants: tuple[Grant, ...] = ()
    is_active: bool = True
    sessions_valid_from: AwareDatetime | None = None
    ended_sessions: tuple[EndedSession, ...] = ()
    created_at: AwareDatetime
    version: int = 1

    @property
    def ended_session_ids(self) -> tuple[UUID, ...]:
        """The sessions that were ended before their time."""
        return tuple(each.session_id for each in self.ended_sessions)


class Invitation(Record):
    """A right that waits for somebody to take it up by a link."""

    invitation_id: UUID
    token_hash: str
    """SHA-256 of what the link carries, hexadecimal."""

    email: str
    """Whom it was meant for, as the inviter wrote it."""

    grant: Grant
    invited_by: str
    created_at: AwareDatetime
    expires_at: AwareDatetime
    accepted_at: AwareDatetime | None = None
    accepted_by: UUID | None = None
    withdrawn_at: AwareDatetime | None = None

    def state(self, now: datetime) -> Literal["open", "accepted", "withdrawn", "expired"]:
        """Tell whether it can be taken up, and if not why."""
        if self.accepted_at is not None:
            return "accepted"
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "expired" if self.expires_at <= now else "open"
