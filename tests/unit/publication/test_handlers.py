from services.publication import handlers
from services.publication.domain.tables import Place
from tests.support import published as make
from tests.unit.publication.conftest import Site


def test_hearing_twice_changes_nothing(site: Site) -> None:
    eservice, organisation = make.eservice(), make.organisation()
    score = make.score(eservice)

    for _ in range(2):
        handlers.on_organisation_changed(organisation, site.tables)
        handlers.on_eservice_changed(eservice, site.tables)
        handlers.on_question_set_changed(make.question_set(), site.tables)
        handlers.on_score_published(score, Place(2, 5), site.tables, site.hub)

    assert site.tables.standings[eservice.eservice_id].score == score
    assert site.tables.next_offsets == {2: 6}
    assert site.tables.published(eservice.eservice_id) == eservice
    assert len(site.tables.questions(eservice)) == 2


def test_a_revoked_key_is_known_at_once(site: Site) -> None:
    key, _header = make.api_key(None)

    handlers.on_api_key_changed(key, site.keys)
    handlers.on_api_key_changed(key.model_copy(update={"revoked_at": key.occurred_at}), site.keys)

    assert site.keys._keys[key.key_id].revoked_at is not None  # noqa: SLF001  what it knows
