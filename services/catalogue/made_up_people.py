"""Made-up people for the embedded mode: one for each role of a made-up organisation."""

from uuid import UUID

from uuid_utils.compat import uuid7

from services.catalogue.domain.identities import DEVELOPMENT
from services.catalogue.domain.records import Eservice, Person
from services.catalogue.storage import Session
from shared.rights import Grant, Role

_OWNED = 2

_PEOPLE = (
    ("venla", "Venla Valtiolainen", Role.MINISTRY),
    ("paavo", "Paavo Pääkäyttäjä", Role.ORGANISATION_ADMINISTRATOR),
    ("pirkko", "Pirkko Pääkäyttäjä", Role.ORGANISATION_ADMINISTRATOR),
    ("outi", "Outi Omistaja", Role.SERVICE_OWNER),
    ("arto", "Arto Arvioija", Role.ASSESSOR),
    ("leena", "Leena Lukija", Role.READER),
)


def add_made_up_people(session: Session) -> None:
    """Put in those who are not there yet; what became of the others stays."""
    session.lock()
    eservices = [one for one in session.everything(Eservice) if not one.is_withdrawn]
    organisation_id = _organisation(eservices)
    if organisation_id is None:
        return
    owned = sorted(one.eservice_id for one in eservices if one.organisation_id == organisation_id)[
        :_OWNED
    ]
    for subject, name, role in _PEOPLE:
        if session.person_of_subject(DEVELOPMENT, subject) is not None:
            continue
        grant = Grant(
            role=role,
            organisation_id=None if role is Role.MINISTRY else organisation_id,
            eservice_ids=tuple(owned) if role is Role.SERVICE_OWNER else (),
        )
        session.add(
            Person(
                person_id=uuid7(),
                issuer=DEVELOPMENT,
                subject=subject,
                name=name,
                email=f"{subject}@example.fi",
                grants=(grant,),
                created_at=session.now,
            )
        )


def _organisation(eservices: list[Eservice]) -> UUID | None:
    """Return who has most e-services, so that there is something to own and something left."""
    counts: dict[UUID, int] = {}
    for one in eservices:
        counts[one.organisation_id] = counts.get(one.organisation_id, 0) + 1
    return max(sorted(counts), key=lambda each: counts[each], default=None)
