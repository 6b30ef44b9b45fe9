"""What signing in and out changes: who is known, and which sessions are over."""

from uuid import UUID

from uuid_utils.compat import uuid7

from services.catalogue.domain.identities import Identity
from services.catalogue.domain.records import EndedSession, Person
from services.catalogue.storage import Session

_MOST_ENDED = 50


def person_of(session: Session, identity: Identity) -> Person:
    """Return whom somebody who has signed in is here, with the name that they have now.

    Whoever is new comes in without any right.
    """
    session.lock()
    held = session.person_of_subject(identity.issuer, identity.subject)
    if held is None:
        person = Person(
            person_id=uuid7(),
            issuer=identity.issuer,
            subject=identity.subject,
            name=identity.name,
            email=identity.email,
            created_at=session.now,
        )
        return session.add(person)
    if (held.name, held.email) == (identity.name, identity.email):
        return held
    return session.replace_person(
        held.model_copy(update={"name": identity.name, "email": identity.email})
    )


def end_session(session: Session, person_id: UUID, ended: EndedSession) -> None:
    """End one session of somebody in every program; those that have run out are forgotten."""
    session.lock()
    held = session.person(person_id)
    if held is None or ended.session_id in held.ended_session_ids:
        return
    kept = [each for each in held.ended_sessions if each.forget_at > session.now]
    if len(kept) >= _MOST_ENDED:
        # Nobody signs out so often but a machine, whose other sessions may end as well.
        end_all_sessions(session, held)
        return
    session.replace_person(held.model_copy(update={"ended_sessions": (*kept, ended)}))


def end_all_sessions(session: Session, person: Person) -> Person:
    """End every session that somebody has, in every browser and program."""
    return session.replace_person(
        person.model_copy(update={"sessions_valid_from": session.now, "ended_sessions": ()})
    )
