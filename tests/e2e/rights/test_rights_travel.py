"""What is taken away in the catalogue is refused by the other programs within a second."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from services.catalogue.domain.records import Person
from services.catalogue.storage import Store, create_engine
from shared.rights import Grant, Role
from shared.tokens import CompletionToken, sign
from tests.e2e.rights.organisations import Side, Walker, make_side, signing_secret_of
from tests.support.actors import TESTER
from tests.support.stack import Stack
from tests.support.timing import TRIES, seconds_until, within_a_second
from tests.support.waiting import eventually_sync

REFUSED = {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND}


class Office:
    """An organisation of a running stack, and whoever is let in there."""

    def __init__(self, stack: Stack, store: Store) -> None:
        self.stack = stack
        self.store = store
        self.side: Side = make_side(store, "t", signing_secret_of(stack))
        self.boss = Walker("boss", stack, self.side.administrator)
        self.ministry = self.let_in(Grant(role=Role.MINISTRY))

    def let_in(self, grant: Grant) -> Walker:
        """Return somebody new who has a right."""
        person = Person(
            person_id=uuid4(),
            issuer="tests",
            subject=uuid4().hex,
            grants=(grant,),
            created_at=datetime.now(UTC),
        )
        with self.store.write(TESTER) as session:
            session.add(person)
        return Walker("somebody", self.stack, person)

    def post(self, client: httpx.Client, by: Walker, path: str, **fields: str) -> None:
        """Send a form of a page."""
        headers, token = by.signed()
        done = client.post(path, data={"csrf_token": token, **fields}, headers=headers)
        assert done.status_code == httpx.codes.SEE_OTHER, done.text


@pytest.fixture(scope="module")
def office(stack: Stack) -> Iterator[Office]:
    engine = create_engine(f"sqlite:///{stack.var_dir / 'catalogue.sqlite3'}")
    yield Office(stack, Store(engine))
    engine.dispose()


Stay = tuple[dict[str, str], str]


def take_away(office: Office, client: httpx.Client, person_id: UUID, _stay: Stay) -> None:
    """As the administrator, on the person's page."""
    page = f"/manage/organisations/{office.side.ids.organisation_id}/people/{person_id}"
    shown = client.get(page, headers=office.boss.headers()).text
    seen = re.search(r'name="seen" value="(\w+)"', shown)
    assert seen is not None
    office.post(client, office.boss, f"{page}/take-away", before="reader", seen=seen.group(1))


def deactivate(office: Office, client: httpx.Client, person_id: UUID, _stay: Stay) -> None:
    """As the ministry."""
    office.post(client, office.ministry, f"/manage/people/{person_id}/deactivate")


def sign_out(_office: Office, client: httpx.Client, _person_id: UUID, stay: Stay) -> None:
    """As themselves, in this one browser."""
    headers, token = stay
    done = client.post("/sign-out", data={"csrf_token": token}, headers=headers)
    assert done.is_redirect, done.text


@pytest.mark.parametrize("take", [take_away, deactivate, sign_out])
def test_who_may_no_more_is_refused_by_aggregation_within_a_second(
    stack: Stack, office: Office, take: Callable[[Office, httpx.Client, UUID, Stay], None]
) -> None:
    score = f"/v1/eservices/{office.side.ids.eservice_ids['hidden']}/score"
    tries = []
    with stack.client() as client:
        for _ in range(TRIES):
            reader = office.let_in(office.side.grant(Role.READER))
            assert reader.person is not None
            person_id, stay = reader.person.person_id, reader.signed()

            def status(headers: dict[str, str] = stay[0]) -> int:
                return client.get(score, headers=headers).status_code

            eventually_sync(lambda: status() == httpx.codes.OK, saying="a new reader reads")
            tries.append(
                seconds_until(
                    lambda: take(office, client, person_id, stay),  # noqa: B023  called at once
                    lambda: status() in REFUSED,
                    saying="aggregation refuses them",
                )
            )

    assert within_a_second(take.__name__, tries)


def _rating_status(client: httpx.Client, eservice_id: UUID, secret: str) -> int:
    """Rate with a completion token that a secret has signed; return how it is answered."""
    now = datetime.now(UTC)
    token = CompletionToken(uuid4(), eservice_id, now + timedelta(minutes=5))
    rating = {
        "rating_id": str(uuid4()),
        "eservice_id": str(eservice_id),
        "question_id": "own",
        "stars": 4,
        "language": "fi",
        "completion_token": sign(token, secret, now=now),
    }
    return client.post("/v1/ratings", json=rating).status_code


@pytest.mark.parametrize("rotations", [[True], [False, False]])
def test_a_revoked_secret_signs_nothing_more_within_a_second(
    stack: Stack, office: Office, rotations: list[bool]
) -> None:
    eservice_id = office.side.ids.eservice_ids["measured"]
    path = f"/v1/eservices/{eservice_id}/token-secret"
    by = {"Authorization": f"Bearer {office.side.key}", "If-Match": "*"}
    tries = []
    with stack.client() as client:

        def rotate() -> None:
            for is_old_revoked in rotations:
                wish = {"is_old_revoked": is_old_revoked}
                done = client.post(f"{path}/rotate", json=wish, headers=by)
                assert done.is_success, done.text

        # The key is a moment old, and known as soon as its topic has told of it.
        eventually_sync(lambda: client.get(path, headers=by).is_success, saying="the key opens")
        for _ in range(TRIES):
            secret = client.get(path, headers=by).json()["secret"]

            def status(signed_with: str = secret) -> int:
                return _rating_status(client, eservice_id, signed_with)

            eventually_sync(lambda: status() == httpx.codes.ACCEPTED, saying="it signs")
            tries.append(
                seconds_until(
                    rotate,
                    lambda: status() == httpx.codes.UNPROCESSABLE_ENTITY,
                    saying="rating capture refuses what it signs",
                )
            )

    assert within_a_second(f"secret rotated {len(rotations)} times", tries)
