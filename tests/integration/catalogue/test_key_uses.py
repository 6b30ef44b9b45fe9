"""When a key was last used is known, whichever program it was used in."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from services.catalogue.domain.keys import Wish, issue
from services.catalogue.handlers import on_api_key_used
from services.catalogue.key_uses import KeyUses
from services.catalogue.storage import Store, create_engine
from shared.errors import StorageUnavailableError
from shared.events import ApiKeyUsed
from shared.vocabulary import Scope
from tests.integration.catalogue.conftest import Calls
from tests.support.actors import TESTER

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def used(key_id: str, at: datetime) -> ApiKeyUsed:
    return ApiKeyUsed.model_validate(
        {"event_id": "019ab1c2-0000-7000-8000-00000000000b", "occurred_at": at, "key_id": key_id}
    )


def kept(store: Store) -> dict[str, datetime]:
    with store.read() as session:
        return session.key_uses(["one", "two", "three"])


def test_the_latest_use_is_kept_in_whatever_order_programs_tell(store: Store) -> None:
    uses = KeyUses(store)
    for hours in (1, 3, 2):
        on_api_key_used(used("one", NOON + timedelta(hours=hours)), uses=uses)
    on_api_key_used(used("two", NOON), uses=uses)
    uses.write()
    on_api_key_used(used("one", NOON), uses=uses)

    uses.write()

    assert kept(store) == {"one": NOON + timedelta(hours=3), "two": NOON}


def test_a_use_is_no_change_that_the_audit_trail_tells(store: Store) -> None:
    with store.read() as session:
        before = session.trail.head()

    uses = KeyUses(store)
    uses.note(used("one", NOON))
    uses.write()

    with store.read() as session:
        assert session.trail.head() == before


def test_what_the_store_does_not_take_is_kept_for_later(store: Store, url: str) -> None:
    uses = KeyUses(store)
    uses.note(used("one", NOON))
    other = create_engine(url)
    with other.begin() as connection:
        connection.execute(text("ALTER TABLE key_uses RENAME TO away"))
    with pytest.raises((StorageUnavailableError, ProgrammingError), match="key_uses"):
        uses.write()
    with other.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO key_uses"))
    other.dispose()

    uses.write()

    assert kept(store) == {"one": NOON}


async def test_a_list_of_keys_says_when_each_was_last_used(calls: Calls) -> None:
    wish = Wish(label="kiosk", scopes=(Scope.RATINGS_WRITE,))
    with calls.store.write(TESTER) as session:
        one, two = (session.add(issue(wish, NOON).key) for _ in range(2))
        session.note_key_uses({one.key_id: NOON})

    listed = (await calls.client.get("/v1/keys", headers=calls.key())).json()

    assert {key["key_id"]: key["last_used_at"] for key in listed} == {
        one.key_id: "2026-11-24T12:00:00Z",
        two.key_id: None,
    }
