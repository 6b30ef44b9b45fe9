from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

import services.catalogue
from services.catalogue.domain.keys import (
    Wish,
    check_grant,
    issue,
    key_id_of,
    new_secret,
    rotate,
)
from services.catalogue.domain.origins import normal_origins
from services.catalogue.domain.questions import check_own_question, check_question_set
from services.catalogue.domain.records import ApiKey, Eservice, QuestionSet
from services.catalogue.domain.states import state_of
from shared.errors import InvalidInputError, NotAllowedError, NotAuthenticatedError
from shared.events import ApiKeyChanged, EserviceChanged, Question
from shared.http import KeyRing
from shared.vocabulary import Scope

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
ORGANISATION = UUID(int=1)
ESERVICE = UUID(int=2)
TEXTS = {"fi": "Sujuiko?", "sv": "Gick det?", "en": "Did it go?"}


def ring(*keys: ApiKey) -> KeyRing:
    known = KeyRing()
    for key in keys:
        event = state_of(key, NOW)
        assert isinstance(event, ApiKeyChanged)
        known.on_api_key_changed(event)
    return known


def wish(*scopes: Scope) -> Wish:
    return Wish(label="test", scopes=scopes or (Scope.RATINGS_WRITE,))


def test_an_issued_key_opens_what_it_is_for_and_is_kept_as_a_hash_only() -> None:
    issued = issue(wish(), NOW)

    known = ring(issued.key)
    opened_by = known.authorise(f"Bearer {issued.clear}", Scope.RATINGS_WRITE)
    assert opened_by.key_id == issued.key.key_id
    assert issued.clear.split("_")[2] not in issued.key.model_dump_json()
    with pytest.raises(NotAllowedError):
        known.authorise(f"Bearer {issued.clear}", Scope.KEYS_WRITE)


def test_a_secret_never_holds_the_character_that_parts_a_key() -> None:
    assert not any("_" in new_secret() for _ in range(500))


def test_a_rotated_key_works_until_the_overlap_is_over() -> None:
    issued = issue(wish(), NOW)

    old, new = rotate(issued.key, NOW, timedelta(hours=1))

    assert old.expires_at == NOW + timedelta(hours=1)
    assert old.state(NOW + timedelta(minutes=59)) == "live"
    assert old.state(NOW + timedelta(minutes=61)) == "expired"
    assert new.key.scopes == issued.key.scopes
    assert new.clear != issued.clear


def test_a_key_without_overlap_is_over_at_once() -> None:
    issued = issue(wish(), datetime.now(UTC) - timedelta(hours=1))

    old, _ = rotate(issued.key, datetime.now(UTC), timedelta())

    with pytest.raises(NotAuthenticatedError, match="expired"):
        ring(old).authorise(f"Bearer {issued.clear}", Scope.RATINGS_WRITE)


@pytest.mark.parametrize(
    "impossible",
    [
        Wish(label="", scopes=()),
        Wish(label="", scopes=(Scope.KEYS_WRITE,), expires_at=NOW),
        Wish(label="", scopes=(Scope.KEYS_WRITE,), expires_at=datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_a_key_that_could_not_be_used_is_not_made(impossible: Wish) -> None:
    with pytest.raises(InvalidInputError):
        issue(impossible, NOW)


def test_a_key_that_has_ended_cannot_be_rotated() -> None:
    key = issue(wish(), NOW).key.model_copy(update={"revoked_at": NOW})

    with pytest.raises(InvalidInputError):
        rotate(key, NOW, timedelta(hours=1))


@pytest.mark.parametrize(
    "beyond",
    [
        Wish(label="", scopes=(Scope.COMMENTS_READ,), organisation_id=ORGANISATION),
        Wish(label="", scopes=(Scope.KEYS_WRITE,)),
        Wish(label="", scopes=(Scope.KEYS_WRITE,), organisation_id=UUID(int=9)),
        Wish(label="", scopes=(Scope.KEYS_WRITE,), organisation_id=ORGANISATION),
        Wish(
            label="",
            scopes=(Scope.KEYS_WRITE,),
            organisation_id=ORGANISATION,
            eservice_ids=(ESERVICE, UUID(int=9)),
        ),
    ],
)
def test_nobody_hands_on_more_than_they_have(beyond: Wish) -> None:
    own = Wish(
        label="",
        scopes=(Scope.KEYS_WRITE,),
        organisation_id=ORGANISATION,
        eservice_ids=(ESERVICE,),
    )
    giver = state_of(issue(own, NOW).key, NOW)
    assert isinstance(giver, ApiKeyChanged)

    check_grant(giver, own)
    with pytest.raises(NotAllowedError):
        check_grant(giver, beyond)


@pytest.mark.parametrize("end", [None, NOW + timedelta(days=31)])
def test_nobody_gives_a_key_that_outlives_their_own(end: datetime | None) -> None:
    own_end = NOW + timedelta(days=30)
    own = Wish(label="", scopes=(Scope.KEYS_WRITE,), expires_at=own_end)
    giver = state_of(issue(own, NOW).key, NOW)
    assert isinstance(giver, ApiKeyChanged)

    check_grant(giver, own)
    with pytest.raises(InvalidInputError, match="your own key ends at"):
        check_grant(giver, replace(own, expires_at=end))
    assert replace(own, expires_at=end).ending_by(own_end).expires_at == own_end


def test_a_key_replaced_by_another_ends_no_later_than_that_one() -> None:
    until = NOW + timedelta(days=3)
    key = issue(Wish(label="", scopes=(Scope.RATINGS_WRITE,)), NOW).key

    _, issued = rotate(key, NOW, timedelta(hours=1), until=until)

    assert issued.key.expires_at == until


def test_one_request_sent_twice_means_one_key() -> None:
    assert key_id_of("giver", "request") == key_id_of("giver", "request")
    assert key_id_of("giver", "request") != key_id_of("other", "request")
    assert len(key_id_of("giver", "request")) == 12


def test_the_base_questions_are_the_seeds_and_can_be_asked_in_three_languages() -> None:
    data = Path(services.catalogue.__file__).parent / "data" / "question_set_base.json"

    base = QuestionSet.model_validate_json(data.read_bytes())

    check_question_set(base)
    assert {question.texts["fi"] for question in base.questions} >= {
        "Kuinka hyvin asiointisi sujui?",
        "Kuinka helppoa palvelun käyttö oli?",
        "Suosittelisitko verkkoasiointia muille?",
    }


@pytest.mark.parametrize(
    ("questions", "field"),
    [
        ([Question(question_id="a", texts=TEXTS)], "questions"),
        ([Question(question_id=f"q{n}", texts=TEXTS) for n in range(7)], "questions"),
        ([Question(question_id="a", texts=TEXTS)] * 3, "questions.1.question_id"),
        ([Question(question_id="own-a", texts=TEXTS)] * 3, "questions.0.question_id"),
        ([Question(question_id="a", texts=TEXTS | {"sv": " "})] * 3, "questions.0.texts.sv"),
        ([Question(question_id="a", texts=TEXTS | {"de": "x"})] * 3, "questions.0.texts.de"),
        ([Question(question_id="a", texts=TEXTS | {"en": "x" * 201})] * 3, "questions.0.texts.en"),
        (
            [Question(question_id="a", texts=TEXTS, weight=float("inf"))] * 3,
            "questions.0.weight",
        ),
    ],
)
def test_questions_that_cannot_be_asked_are_refused_by_name(
    questions: list[Question], field: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_question_set(QuestionSet(question_set_id="x", version=1, questions=tuple(questions)))

    assert field in {error.field for error in caught.value.errors}


def test_an_own_question_is_called_so_and_needs_one_language() -> None:
    check_own_question(Question(question_id="own-wait", texts={"fi": "Odotitko?"}))

    for wrong in (
        Question(question_id="wait", texts={"fi": "Odotitko?"}),
        Question(question_id="own-wait", texts={}),
    ):
        with pytest.raises(InvalidInputError):
            check_own_question(wrong)


def test_origins_are_spelled_as_browsers_spell_them() -> None:
    given = (
        "https://Asiointi.Example.fi/",
        "https://asiointi.example.fi:443",
        "http://127.0.0.1:8081",
        "https://älämölö.fi",
        "http://[::1]:80",
    )

    assert normal_origins(given) == (
        "https://asiointi.example.fi",
        "http://127.0.0.1:8081",
        "https://xn--lml-plab3ib.fi",
        "http://[::1]",
    )


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "asiointi.example.fi",
        "https://",
        "https://a.fi/path",
        "https://a.fi?x",
        "ftp://a.fi",
        "https://user@a.fi",
        "https://a.fi:99999",
        "https://*.a.fi",
        "https://[::1",
        "null",
    ],
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        normal_origins(("https://good.fi", origin))

    assert [error.field for error in caught.value.errors] == ["allowed_origins.1"]


def test_a_withdrawn_eservice_is_told_as_closed_and_hidden() -> None:
    eservice = Eservice(
        eservice_id=ESERVICE, organisation_id=ORGANISATION, names={"fi": "x"}, is_withdrawn=True
    )

    event = state_of(eservice, NOW)

    assert isinstance(event, EserviceChanged)
    assert not event.is_open
    assert not event.is_published
