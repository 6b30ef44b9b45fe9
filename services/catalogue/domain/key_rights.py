"""Which keys somebody may give and see: none that can do what they may not do themselves."""

from collections.abc import Collection
from uuid import UUID

from services.catalogue.domain.records import ApiKey
from shared.rights import Action, Person, Subject, may
from shared.vocabulary import Scope

_ACTIONS = {
    Scope.RATINGS_WRITE: Action.MANAGE_KEYS,
    Scope.COMPLETIONS_WRITE: Action.MANAGE_KEYS,
    Scope.SCORES_READ: Action.SEE_ESERVICE,
    Scope.COMMENTS_READ: Action.READ_COMMENTS,
    Scope.CATALOGUE_READ: Action.SEE_ESERVICE,
    Scope.CATALOGUE_WRITE: Action.CHANGE_MEASUREMENT,
    # Whoever lets people in may let programs in that let others in.
    Scope.KEYS_WRITE: Action.MANAGE_PEOPLE,
    Scope.AUDIT_TRAIL_READ: Action.SEE_AUDIT_TRAIL,
}
"""What a person must be allowed to do themselves to give a key with a scope."""


def scopes_of(
    person: Person, organisation_id: UUID, eservice_ids: Collection[UUID] = ()
) -> tuple[Scope, ...]:
    """Return what keys may do that somebody may give for an organisation, or e-services of it."""
    subjects = [Subject(organisation_id, one) for one in eservice_ids or (None,)]
    return tuple(
        scope
        for scope, action in _ACTIONS.items()
        if all(
            may(person, action, subject) and may(person, Action.MANAGE_KEYS, subject)
            for subject in subjects
        )
    )


def may_manage(person: Person, key: ApiKey) -> bool:
    """Tell whether somebody may see, replace and revoke a key: all that it is for is theirs."""
    subjects = [Subject(key.organisation_id, one) for one in key.eservice_ids or (None,)]
    return all(may(person, Action.MANAGE_KEYS, subject) for subject in subjects)
