"""Two organisations of a running stack, with everything that only their own people may know."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import Response
from pydantic import SecretStr

from services.catalogue.domain import keys
from services.catalogue.domain.actors import Actor
from services.catalogue.domain.records import Eservice, Organisation, Person, Source
from services.catalogue.inviting import invite
from services.catalogue.storage import Session, Store
from shared.events import Question
from shared.http import Sessions
from shared.rights import Grant, Role
from shared.settings import SessionSettings
from shared.tokens import derive_secret
from shared.vocabulary import Scope
from tests.support.stack import Stack

# Letters alone: digits of a marker could be masked in a comment as a person's.
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


class Markers:
    """Makes texts that stand nowhere but in one field, so that they can be looked for."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self.secret: dict[str, str] = {}
        """What nobody else may read: the marker, and what it was put into."""

        self.asked: dict[str, str] = {}
        """What whoever rates an open e-service reads, and nobody elsewhere."""

    def new(self, where: str, *, is_asked: bool = False) -> str:
        """Return a new marker; both kinds are lower case, as parts of an address have to be."""
        marker = f"zq{self._owner}{uuid.uuid4().hex.translate(_LETTERS)[:16]}"
        (self.asked if is_asked else self.secret)[marker] = where
        return marker

    def known(self, marker: str, where: str) -> str:
        """Let a secret that was made elsewhere be looked for, too."""
        self.secret[marker] = where
        return marker


@dataclass(frozen=True)
class Ids:
    """The ids of one organisation and what it has, as addresses name them."""

    organisation_id: UUID
    eservice_ids: dict[str, UUID]
    key_id: str
    person_id: UUID
    invitation_id: UUID

    @property
    def texts(self) -> set[str]:
        """All of them as text."""
        found = {self.organisation_id, self.person_id, self.invitation_id}
        return {*map(str, found | set(self.eservice_ids.values())), self.key_id}


@dataclass(frozen=True)
class Side:
    """One organisation."""

    ids: Ids
    markers: Markers
    administrator: Person
    key: str
    """A key that may do everything there, in clear."""

    def grant(self, role: Role, *eservices: str) -> Grant:
        """Return a right here."""
        chosen = tuple(self.ids.eservice_ids[name] for name in eservices)
        return Grant(role=role, organisation_id=self.ids.organisation_id, eservice_ids=chosen)


def make_side(store: Store, owner: str, signing_secret: str) -> Side:
    """Put an organisation in: e-services, people, a key, an invitation, reasons for all."""
    markers = Markers(owner)
    actor = Actor(
        kind="person",
        actor_id=str(uuid.uuid4()),
        name=markers.new("actor's name"),
        reason=markers.new("reason of a change"),
    )
    organisation = Organisation(
        organisation_id=uuid.uuid4(), names={"fi": f"Walked {owner}"}, source=Source.MANUAL
    )
    with store.write(actor) as session:
        session.add(organisation)
    with store.write(actor) as session:
        eservices = [
            session.add(_eservice(organisation, name, markers))
            for name in ("hidden", "measured", "published")
        ]
    for each in eservices:
        secret = derive_secret(signing_secret, each.eservice_id, each.token_secret_version)
        markers.known(secret, f"secret of completion tokens of the {each.names['en']} e-service")
    with store.write(actor) as session:
        administrator = _administrator(session, organisation, markers)
        issued = keys.issue(
            keys.Wish(
                label=markers.new("label of a key"),
                scopes=tuple(Scope),
                organisation_id=organisation.organisation_id,
            ),
            datetime.now(UTC),
        )
        session.add(issued.key)
        markers.known(issued.key.secret_hash, "hash of a key")
        invitation, token = invite(
            session,
            email=f"{markers.new('invited address')}@example.fi",
            grant=Grant(role=Role.READER, organisation_id=organisation.organisation_id),
            by=str(administrator.person_id),
            lifetime=timedelta(days=1),
        )
        markers.known(token, "link of an invitation")
        markers.known(invitation.token_hash, "hash of an invitation's link")
    ids = Ids(
        organisation.organisation_id,
        {each.names["en"]: each.eservice_id for each in eservices},
        issued.key.key_id,
        administrator.person_id,
        invitation.invitation_id,
    )
    return Side(ids, markers, administrator, issued.clear)


def _eservice(organisation: Organisation, name: str, markers: Markers) -> Eservice:
    """Return an e-service: hidden and closed, measured but not published, or published."""
    is_open = name != "hidden"

    def marked(where: str, *, is_asked: bool = False) -> str:
        return markers.new(f"{where} of the {name} e-service", is_asked=is_asked)

    words = {"fi": f"Walked {name}", "en": name}
    plain = Eservice(
        eservice_id=uuid.uuid4(),
        organisation_id=organisation.organisation_id,
        names=words,
        source=Source.MANUAL,
        allowed_origins=(f"https://{marked('origin')}.example",),
        is_open=is_open,
        is_published=name == "published",
    )
    if plain.is_published:
        return plain
    asked = {"fi": marked("own question", is_asked=is_open)}
    return plain.model_copy(
        update={
            "names": words | {"fi": marked("name", is_asked=is_open)},
            "descriptions": {"fi": marked("description")},
            "urls": {"fi": f"https://{marked('address', is_asked=is_open)}.example/"},
            "own_question": Question(question_id="own", texts=asked),
        }
    )


def _administrator(session: Session, organisation: Organisation, markers: Markers) -> Person:
    return session.add(
        Person(
            person_id=uuid.uuid4(),
            issuer="tests",
            subject=markers.new("subject of a person"),
            name=markers.new("name of a person"),
            email=f"{markers.new('address of a person')}@example.fi",
            grants=(
                Grant(
                    role=Role.ORGANISATION_ADMINISTRATOR,
                    organisation_id=organisation.organisation_id,
                ),
            ),
            created_at=session.now,
        )
    )


@dataclass(frozen=True)
class Walker:
    """Somebody who makes requests."""

    name: str
    stack: Stack
    person: Person | None = None
    key: str | None = None

    def headers(self) -> dict[str, str]:
        """Return what says who they are: a stay of their own for each request."""
        if self.key is not None:
            return {"Authorization": f"Bearer {self.key}"}
        if self.person is None:
            return {}
        sessions = self._sessions()
        response = Response()
        sessions.keep(response, sessions.begin(self.person.person_id, datetime.now(UTC)))
        return {"Cookie": response.headers["set-cookie"].split(";")[0]}

    def signed(self) -> tuple[dict[str, str], str]:
        """Return the same for a form, with what it carries against other sites."""
        if self.person is None:
            return {**self.headers(), "sec-fetch-site": "same-origin"}, "none"
        sessions = self._sessions()
        stay = sessions.begin(self.person.person_id, datetime.now(UTC))
        response = Response()
        sessions.keep(response, stay)
        cookie = response.headers["set-cookie"].split(";")[0]
        return {"Cookie": cookie, "sec-fetch-site": "same-origin"}, sessions.csrf_token(stay)

    def _sessions(self) -> Sessions:
        secret = SecretStr(signing_secret_of(self.stack))
        return Sessions(secret, SessionSettings(), base_url=self.stack.base_url)


def signing_secret_of(stack: Stack) -> str:
    """Return what the stack signs with."""
    return (stack.var_dir / "signing_secret").read_text(encoding="utf-8")
