"""Who may do what: one table, and one function that every page and call asks.

Roles follow the user administration of Finnish Service Management (Palveluhallinta,
https://kehittajille.suomi.fi/services/service-managament/user-roles-and-user-management):
administrators of an organisation invite people and grant rights for each e-service.

People are judged here; keys by their scopes and limits, in `shared/http/keys.py`. Nothing
asks yet about `ASSESS`, `REPORT_USAGE` and `CHANGE_CRITERIA`: their programs are to come.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator

from shared.vocabulary import EserviceId, OrganisationId


class Role(StrEnum):
    """What somebody is to an organisation, or to the nation."""

    MINISTRY = "ministry"
    """Sees all numbers; sets what is the same for all."""

    ORGANISATION_ADMINISTRATOR = "organisation_administrator"
    """Runs the organisation's part: people, keys, every e-service."""

    SERVICE_OWNER = "service_owner"
    """Runs e-services: how they are measured, their keys, assessments and usage."""

    ASSESSOR = "assessor"
    """Takes part in assessments, and reads what helps with it."""

    READER = "reader"
    """Reads unpublished numbers."""


class Action(StrEnum):
    """What somebody may want to do."""

    SEE_ORGANISATION = "see_organisation"
    """Open an organisation's part; each e-service in it is asked about by itself."""

    SEE_ESERVICE = "see_eservice"
    """See an e-service's settings and unpublished numbers."""

    READ_COMMENTS = "read_comments"
    CHANGE_MEASUREMENT = "change_measurement"
    """Publish, open and close; origins, own question, comments, thresholds, retention."""

    MANAGE_KEYS = "manage_keys"
    """Issue, replace and revoke API keys and secrets of completion tokens."""

    MANAGE_PEOPLE = "manage_people"
    """Invite people, grant and take away rights."""

    SEE_AUDIT_TRAIL = "see_audit_trail"
    ASSESS = "assess"
    """Answer claims, note observations, submit."""

    REPORT_USAGE = "report_usage"
    SEE_PTV_IMPORTS = "see_ptv_imports"
    """See what imports from PTV changed; each entry is everybody's anyway."""

    IMPORT_PTV = "import_ptv"
    CHANGE_QUESTION_SETS = "change_question_sets"
    CHANGE_CRITERIA = "change_criteria"
    CHANGE_THRESHOLDS = "change_thresholds"


_OF_READER = frozenset({Action.SEE_ORGANISATION, Action.SEE_ESERVICE, Action.SEE_PTV_IMPORTS})
_OF_ASSESSOR = _OF_READER | {Action.READ_COMMENTS, Action.ASSESS}
_OF_OWNER = _OF_ASSESSOR | {
    Action.CHANGE_MEASUREMENT,
    Action.MANAGE_KEYS,
    Action.SEE_AUDIT_TRAIL,
    Action.REPORT_USAGE,
}

ALLOWED: Mapping[Role, frozenset[Action]] = {
    Role.READER: _OF_READER,
    Role.ASSESSOR: _OF_ASSESSOR,
    Role.SERVICE_OWNER: _OF_OWNER,
    Role.ORGANISATION_ADMINISTRATOR: _OF_OWNER | {Action.MANAGE_PEOPLE},
    # Not comments, which only the e-service's own organisation reads, and nothing that
    # is each organisation's own decision.
    Role.MINISTRY: frozenset(
        {
            Action.SEE_ORGANISATION,
            Action.SEE_ESERVICE,
            Action.MANAGE_KEYS,
            Action.MANAGE_PEOPLE,
            Action.SEE_AUDIT_TRAIL,
            Action.SEE_PTV_IMPORTS,
            Action.IMPORT_PTV,
            Action.CHANGE_QUESTION_SETS,
            Action.CHANGE_CRITERIA,
            Action.CHANGE_THRESHOLDS,
        }
    ),
}
"""What each role may do within what it was granted for."""

# Asked about an organisation, these are answered for whoever has a part of it.
_WITH_ANY_PART = frozenset({Action.SEE_ORGANISATION, Action.SEE_PTV_IMPORTS})


class Grant(BaseModel):
    """One role that somebody has been given, and where."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    role: Role
    organisation_id: OrganisationId | None = None
    """The organisation that it is limited to; none for the ministry, which is for all."""

    eservice_ids: tuple[EserviceId, ...] = ()
    """The e-services that it is limited to; empty means all of the organisation."""

    @model_validator(mode="after")
    def _fits_the_role(self) -> Self:
        is_national = self.role is Role.MINISTRY
        if is_national != (self.organisation_id is None):
            message = "the ministry's role is for all organisations, every other one for one"
            raise ValueError(message)
        is_whole = self.role in {Role.MINISTRY, Role.ORGANISATION_ADMINISTRATOR}
        if is_whole and self.eservice_ids:
            message = "this role is never limited to e-services"
            raise ValueError(message)
        return self


@dataclass(frozen=True)
class Subject:
    """What something is to be done to: an e-service, an organisation, or the whole nation."""

    organisation_id: UUID | None = None
    eservice_id: UUID | None = None


class Person(Protocol):
    """What a decision needs to know of somebody."""

    @property
    def is_active(self) -> bool:
        """Whether they may do anything at all."""

    @property
    def grants(self) -> Iterable[Grant]:
        """What they have been given."""


def may(person: Person, action: Action, subject: Subject) -> bool:
    """Tell whether somebody may do something to something.

    An e-service is named together with the organisation that it belongs to now: a
    right to an e-service ends when the e-service moves to another organisation.
    """
    return person.is_active and any(
        action in ALLOWED[grant.role] and _covers(grant, action, subject)
        for grant in person.grants
    )


def _covers(grant: Grant, action: Action, subject: Subject) -> bool:
    if grant.organisation_id is None:
        return True
    if grant.organisation_id != subject.organisation_id:
        return False
    if not grant.eservice_ids:
        return True
    if subject.eservice_id is None:
        return action in _WITH_ANY_PART
    return subject.eservice_id in grant.eservice_ids
