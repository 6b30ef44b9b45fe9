"""What is given and taken away on a page of the catalogue holds in the other programs at once."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from services.catalogue.domain.records import Person
from services.catalogue.storage import Store, create_engine
from shared.rights import Role
from tests.e2e.rights.organisations import Side, Walker, make_side, signing_secret_of
from tests.support.actors import TESTER
from tests.support.stack import Stack
from tests.support.waiting import eventually_sync


@pytest.fixture(scope="module")
def side(stack: Stack) -> Iterator[tuple[Store, Side]]:
    engine = create_engine(f"sqlite:///{stack.var_dir / 'catalogue.sqlite3'}")
    store = Store(engine)
    yield store, make_side(store, "t", signing_secret_of(stack))
    engine.dispose()


def test_a_right_that_is_taken_away_is_gone_in_the_other_programs(
    stack: Stack, side: tuple[Store, Side]
) -> None:
    store, office = side
    person = Person(
        person_id=uuid4(),
        issuer="tests",
        subject=uuid4().hex,
        grants=(office.grant(Role.READER),),
        created_at=datetime.now(UTC),
    )
    with store.write(TESTER) as session:
        session.add(person)
    reader = Walker("reader", stack, person)
    boss = Walker("boss", stack, office.administrator)
    score = f"/v1/eservices/{office.ids.eservice_ids['hidden']}/score"
    page = f"/manage/organisations/{office.ids.organisation_id}/people/{person.person_id}"

    with stack.client() as client:

        def status() -> int:
            return client.get(score, headers=reader.headers()).status_code

        eventually_sync(lambda: status() == httpx.codes.OK, saying="a new reader reads")
        headers, token = boss.signed()
        seen = re.search(r'name="seen" value="(\w+)"', client.get(page, headers=headers).text)
        assert seen is not None
        form = {"csrf_token": token, "before": "reader", "seen": seen.group(1)}
        done = client.post(f"{page}/take-away", data=form, headers=headers)
        assert done.status_code == httpx.codes.SEE_OTHER
        eventually_sync(lambda: status() == httpx.codes.NOT_FOUND, saying="the reader is refused")
