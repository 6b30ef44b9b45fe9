"""Issues, replaces and revokes API keys, for the calls and the command line alike."""

from datetime import datetime, timedelta
from uuid import UUID

from services.catalogue.domain import keys
from services.catalogue.domain.keys import Issued, Wish
from services.catalogue.domain.records import ApiKey, Eservice
from services.catalogue.storage import Session
from shared.errors import ConflictError, FieldError, InvalidInputError


def issue_key(session: Session, wish: Wish, *, key_id: str | None = None) -> Issued:
    """Issue a key; it works everywhere as soon as its event has travelled.

    Raises `InvalidInputError` for an organisation or e-services that are not
    there, `ConflictError` when a key was issued under this id before.
    """
    _check_references(session, wish)
    if key_id is not None:
        session.lock()
        if session.api_key(key_id) is not None:
            message = (
                f"a key was issued under this Idempotency-Key: {key_id}. It was shown then and "
                "can't be shown again; revoke it and issue another if it got lost"
            )
            raise ConflictError(message)
    issued = keys.issue(wish, session.now, key_id=key_id)
    session.add(issued.key)
    return issued


def rotate_key(
    session: Session, key: ApiKey, overlap: timedelta, *, until: datetime | None = None
) -> Issued:
    """Issue a key like `key`, which ends after `overlap`; the new one ends `until` then."""
    old, issued = keys.rotate(key, session.now, overlap, until=until)
    session.replace_key(old)
    session.add(issued.key)
    return issued


def revoke_key(session: Session, key: ApiKey) -> ApiKey:
    """Let a key open nothing any more; a revoked one stays as it is."""
    if key.revoked_at is not None:
        return key
    return session.replace_key(key.model_copy(update={"revoked_at": session.now}))


def replace_secret(session: Session, eservice: Eservice, *, is_old_revoked: bool) -> Eservice:
    """Give an e-service another secret for completion tokens.

    Tokens signed with the one before are accepted until the next time, unless it is revoked:
    then the secret after next is taken, which leaves it out.
    """
    step = 2 if is_old_revoked else 1
    version = eservice.token_secret_version + step
    return session.replace(eservice.model_copy(update={"token_secret_version": version}))


def _check_references(session: Session, wish: Wish) -> None:
    errors = []
    if wish.organisation_id is not None and session.organisation(wish.organisation_id) is None:
        errors.append(FieldError("organisation_id", "unknown", "there is no such organisation"))
    for number, eservice_id in enumerate(wish.eservice_ids):
        if not _is_of(session.eservice(eservice_id), wish.organisation_id):
            message = "the organisation has no such e-service"
            errors.append(FieldError(f"eservice_ids.{number}", "unknown", message))
    if errors:
        message = "the key would be for something that does not exist; see errors"
        raise InvalidInputError(message, errors)


def _is_of(eservice: Eservice | None, organisation_id: UUID | None) -> bool:
    return eservice is not None and organisation_id in (None, eservice.organisation_id)
