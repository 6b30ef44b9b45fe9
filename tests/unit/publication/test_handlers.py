import json
from datetime import timedelta

from services.publication import handlers
from services.publication.domain.tables import Place
from tests.support import published as make
from tests.unit.publication.conftest import Site


def test_hearing_twice_changes_nothing(site: Site) -> None:
    eservice, organisation = make.eservice(), make.organisation()
    score = make.score(eservice)

    for _ in range(2):
        handlers.on_organisation_changed(organisation, site.tables)
        handlers.on_eservice_changed(eservice, site.tables, site.hub)
        handlers.on_question_set_changed(make.question_set(), site.tables)
        handlers.on_thresholds_changed(make.thresholds(10), site.thresholds, site.hub)
        handlers.on_score_published(score, Place(2, 5), site.tables, site.hub)

    assert site.tables.standings[eservice.eservice_id].score == score
    assert site.tables.next_offsets == {2: 6}
    assert site.tables.published(eservice.eservice_id) == eservice
    assert len(site.tables.questions(eservice)) == 2


def test_a_score_that_says_the_same_wakes_nobody(site: Site) -> None:
    eservice = site.add()
    score = make.score(eservice)
    handlers.on_score_published(score, Place(2, 5), site.tables, site.hub)
    reader = site.hub.join_eservice(eservice.eservice_id, lambda _: True, {2: 6})
    again = score.model_copy(update={"as_of": score.as_of + timedelta(minutes=1)})

    handlers.on_score_published(again, Place(2, 6), site.tables, site.hub)

    assert reader.waiting == 0
    assert site.tables.next_offsets == {2: 7}
    # Whoever comes back with the place before the repetition has missed nothing.
    assert site.hub.join_eservice(eservice.eservice_id, lambda _: True, {2: 6}).waiting == 0

    handlers.on_score_published(
        make.score(eservice, as_of=again.as_of), Place(2, 7), site.tables, site.hub
    )
    assert reader.waiting == 1


def test_only_its_owner_is_told_the_id_of_a_score(site: Site) -> None:
    eservice = site.add()
    score = make.score(eservice)
    site.hear(score)
    standing = site.tables.standings[eservice.eservice_id]

    assert json.loads(site.bodies.whole(standing))["event_id"] == str(score.event_id)
    assert "event_id" not in json.loads(site.bodies.public(standing))


def test_a_revoked_key_is_known_at_once(site: Site) -> None:
    key, _header = make.api_key(None)

    handlers.on_api_key_changed(key, site.keys)
    handlers.on_api_key_changed(key.model_copy(update={"revoked_at": key.occurred_at}), site.keys)

    assert site.keys._keys[key.key_id].revoked_at is not None  # noqa: SLF001  what it knows
