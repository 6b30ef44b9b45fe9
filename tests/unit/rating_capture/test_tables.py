"""Tables in memory follow what the catalogue tells."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.rating_capture import handlers
from services.rating_capture.tables import Tables
from shared.errors import NotFoundError
from shared.events import ApiKeyChanged, Question
from shared.http import KeyRing, hash_secret
from shared.vocabulary import Scope
from tests.support.door import LISTED_ORIGIN, OPEN, QUESTIONS, eservice


def test_events_may_come_in_any_order_and_twice() -> None:
    one, other = Tables(), Tables()
    own = Question(question_id="own-x", texts={"fi": "Oma?"})
    changed = eservice(own_question=own)

    for tables, order in ((one, (0, 1, 0)), (other, (1, 0, 1))):
        for step in order:
            if step:
                handlers.on_question_set_changed(QUESTIONS, tables=tables)
            else:
                handlers.on_eservice_changed(changed, tables=tables)

    assert one.open_place(OPEN) == other.open_place(OPEN)
    assert one.open_place(OPEN).question_ids == {"ease", "flow", "own-x"}


def test_the_last_state_counts() -> None:
    tables = Tables()
    tables.put_eservice(eservice())

    tables.put_eservice(eservice(is_open=False))

    with pytest.raises(NotFoundError):
        tables.open_place(OPEN)


def test_origins_are_forgotten_with_the_state_that_listed_them() -> None:
    tables = Tables()
    tables.put_eservice(eservice(allowed_origins=(LISTED_ORIGIN,)))
    before = tables.is_origin_possible(LISTED_ORIGIN), tables.is_origin_possible("https://x.fi")

    tables.put_eservice(eservice(allowed_origins=("https://x.fi",)))

    assert before == (True, False)
    assert not tables.is_origin_possible(LISTED_ORIGIN)
    assert tables.is_origin_possible("https://x.fi")


def test_a_key_counts_from_its_event_on() -> None:
    keys = KeyRing()
    now = datetime.now(UTC)
    event = ApiKeyChanged(
        event_id=uuid4(), occurred_at=now, key_id="k", secret_hash=hash_secret("s"),
        scopes=(Scope.RATINGS_WRITE,),
    )  # fmt: skip

    handlers.on_api_key_changed(event, keys=keys)
    handlers.on_api_key_changed(event, keys=keys)

    assert keys.authorise("Bearer arvio_k_s", Scope.RATINGS_WRITE) == event
