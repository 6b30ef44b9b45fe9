"""Pages on which questions are worded, shown and put into force."""

import re
from pathlib import Path
from uuid import UUID

import pytest

from services.catalogue.domain.records import Eservice, QuestionSet
from shared.rights import Grant, Role
from tests.integration.catalogue.conftest import Visits

SETS = "/manage/question-sets"
MINISTRY = Grant(role=Role.MINISTRY)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite alone: what is stored is shown on both kinds elsewhere."""
    return f"sqlite:///{tmp_path / 'catalogue.sqlite3'}"


def base(visits: Visits) -> QuestionSet:
    with visits.store.read() as session:
        found = session.question_set("base")
    assert found is not None
    return found


def an_eservice(visits: Visits) -> Eservice:
    with visits.store.read() as session:
        return session.everything(Eservice)[0]


def again(visits: Visits, eservice_id: UUID) -> Eservice:
    with visits.store.read() as session:
        found = session.eservice(eservice_id)
    assert found is not None
    return found


def form(questions: QuestionSet) -> dict[str, str]:
    fields = {"version": str(questions.version)}
    for number, question in enumerate(questions.questions):
        fields[f"questions.{number}.question_id"] = question.question_id
        fields[f"questions.{number}.weight"] = f"{question.weight:g}"
        for language, words in question.texts.items():
            fields[f"questions.{number}.texts.{language}"] = words
    return fields


def owner(visits: Visits, eservice: Eservice) -> str:
    grant = Grant(role=Role.SERVICE_OWNER, organisation_id=eservice.organisation_id)
    return visits.sign_in(visits.person(grant))


def own(eservice: Eservice, **texts: str) -> dict[str, str]:
    return {
        "version": str(eservice.version),
        "own_question.question_id": "own-waiting",
        "own_question.weight": "1,5",
        **{f"own_question.texts.{language}": words for language, words in texts.items()},
    }


async def test_the_ministry_puts_a_new_version_into_force(visits: Visits) -> None:
    token = visits.sign_in(visits.person(MINISTRY))
    before = base(visits)
    fields = form(before) | {"questions.1.texts.en": "How easy was it?"}

    response = await visits.post(f"{SETS}/base", token, **fields, do="save", reason="Shorter")

    assert response.status_code == 303
    assert response.headers["location"] == f"{SETS}/base?done=saved"
    after = base(visits)
    assert after.version == before.version + 1
    assert after.questions[1].texts["en"] == "How easy was it?"
    page = (await visits.client.get(response.headers["location"])).text
    assert f"Version {after.version} is in force" in page
    assert page.count("<details") == 2
    back = (await visits.client.get(f"{SETS}/base?start=1")).text
    assert 'name="questions.1.texts.en" value="How easy was the service to use?"' in back
    assert "not saved yet" in back


async def test_rows_are_moved_added_and_removed_and_nothing_is_saved(visits: Visits) -> None:
    token = visits.sign_in(visits.person(MINISTRY))
    before = base(visits)
    fields = form(before) | {"questions.0.texts.fi": "Kesken <vielä>"}
    ids = [question.question_id for question in before.questions]

    def shown(page: str) -> list[str]:
        return re.findall(r'name="questions\.\d+\.question_id" value="([^"]*)"', page)

    down = (await visits.post(f"{SETS}/base", token, **fields, do="down-0")).text
    added = (await visits.post(f"{SETS}/base", token, **fields, do="add")).text
    fewer = (await visits.post(f"{SETS}/base", token, **fields, do="remove-2")).text

    assert shown(down) == [ids[1], ids[0], ids[2]]
    assert shown(added) == [*ids, ""]
    assert shown(fewer) == ids[:2]
    for page in (down, added, fewer):
        assert "Kesken &lt;vielä&gt;" in page
        assert "not saved yet" in page
    assert base(visits) == before


async def test_all_that_is_wrong_is_said_at_once_and_what_was_entered_stays(
    visits: Visits,
) -> None:
    token = visits.sign_in(visits.person(MINISTRY))
    fields = form(base(visits)) | {
        "questions.0.texts.sv": "",
        "questions.1.question_id": "Not Good",
        "questions.1.weight": "much",
        "questions.2.texts.en": "x" * 201,
    }

    response = await visits.post(f"{SETS}/base", token, **fields, do="save")

    assert response.status_code == 422
    for field in (
        "questions.0.texts.sv",
        "questions.1.question_id",
        "questions.1.weight",
        "questions.2.texts.en",
    ):
        assert f'<a href="#{field}">Question' in response.text
        assert f'id="{field}"' in response.text
    assert 'value="Not Good"' in response.text
    assert "Question 1, Swedish: The question is missing in this language." in response.text
    assert base(visits).version == 1


@pytest.mark.parametrize("count", [2, 7])
async def test_a_set_has_three_to_six_questions(visits: Visits, count: int) -> None:
    token = visits.sign_in(visits.person(MINISTRY))
    question = base(visits).questions[0]
    questions = tuple(
        question.model_copy(update={"question_id": f"q{number}"}) for number in range(count)
    )
    wanted = QuestionSet(question_set_id="base", version=1, questions=questions)

    response = await visits.post(f"{SETS}/base", token, **form(wanted), do="save")

    assert response.status_code == 422
    assert "A set has three to six questions." in response.text


async def test_who_was_slower_is_told_and_nothing_is_lost(visits: Visits) -> None:
    token = visits.sign_in(visits.person(MINISTRY))
    fields = form(base(visits))
    await visits.post(
        f"{SETS}/base", token, **fields | {"questions.0.texts.en": "First?"}, do="save"
    )

    late = await visits.post(
        f"{SETS}/base", token, **fields | {"questions.0.texts.en": "Second?"}, do="save"
    )

    assert late.status_code == 412
    assert base(visits).questions[0].texts["en"] == "First?"


async def test_others_read_the_shared_questions_and_change_none(visits: Visits) -> None:
    eservice = an_eservice(visits)
    token = owner(visits, eservice)

    page = await visits.client.get(f"{SETS}/base")
    refused = await visits.post(f"{SETS}/base", token, **form(base(visits)), do="save")

    assert page.status_code == 200
    assert "Put the new version into force" not in page.text
    assert refused.status_code == 403
    assert (await visits.client.get(f"{SETS}/nowhere")).status_code == 404


async def test_an_own_question_is_added_changed_and_removed(visits: Visits) -> None:
    eservice = an_eservice(visits)
    token = owner(visits, eservice)
    path = f"/manage/e-services/{eservice.eservice_id}/questions"

    added = await visits.post(path, token, **own(eservice, fi="Oliko jono?"), do="save")
    after = again(visits, eservice.eservice_id)
    assert added.headers["location"] == f"{path}?done=saved"
    assert after.own_question is not None
    assert after.own_question.texts == {"fi": "Oliko jono?"}
    assert after.own_question.weight == 1.5

    removed = await visits.post(path, token, **own(after, fi="Oliko jono?"), do="remove")
    assert removed.headers["location"] == f"{path}?done=removed"
    assert again(visits, eservice.eservice_id).own_question is None


async def test_a_change_is_undone_by_whoever_made_it_and_only_once(visits: Visits) -> None:
    eservice = an_eservice(visits)
    token = owner(visits, eservice)
    path = f"/manage/e-services/{eservice.eservice_id}/questions"
    await visits.post(path, token, **own(eservice, fi="Oliko jono?"), do="save")
    page = (await visits.client.get(f"{path}?done=saved")).text
    [entry] = re.findall(r'name="entry" value="(\d+)"', page)

    undone = await visits.post(path, token, entry=entry, do="undo")
    again_undone = await visits.post(path, token, entry=entry, do="undo")

    assert undone.headers["location"] == f"{path}?done=undone"
    assert again(visits, eservice.eservice_id).own_question is None
    assert again_undone.status_code == 412


async def test_a_wrong_own_question_is_refused_and_kept(visits: Visits) -> None:
    eservice = an_eservice(visits)
    token = owner(visits, eservice)
    path = f"/manage/e-services/{eservice.eservice_id}/questions"
    fields = own(eservice, fi="Oliko jono?") | {"own_question.question_id": "waiting"}

    response = await visits.post(path, token, **fields, do="save")

    assert response.status_code == 422
    assert 'href="#own_question.question_id"' in response.text
    assert 'value="Oliko jono?"' in response.text
    assert again(visits, eservice.eservice_id) == eservice


async def test_a_question_is_shown_in_the_real_widget_before_it_is_saved(visits: Visits) -> None:
    eservice = an_eservice(visits)
    token = owner(visits, eservice)
    path = f"/manage/e-services/{eservice.eservice_id}/questions"
    fields = own(eservice, fi="Oliko jono?", sv='Var det "kö"?')

    page = await visits.post(
        path, token, **fields, do="look", look_language="sv", look_question="own-waiting"
    )

    assert page.status_code == 200
    assert (
        f'<arvio-rating eservice-id="{eservice.eservice_id}" language="sv" '
        'preview="Var det &#34;kö&#34;?">'
    ) in page.text
    assert '<script async src="/widget.js"></script>' in page.text
    assert again(visits, eservice.eservice_id) == eservice


async def test_an_eservice_of_others_is_not_there(visits: Visits) -> None:
    with visits.store.read() as session:
        own_one, *others = session.everything(Eservice)
    other = next(one for one in others if one.organisation_id != own_one.organisation_id)
    token = owner(visits, own_one)
    path = f"/manage/e-services/{other.eservice_id}/questions"

    assert (await visits.client.get(path)).status_code == 404
    assert (await visits.post(path, token, **own(other, fi="?"), do="save")).status_code == 404


async def test_a_reader_sees_the_questions_and_may_change_none(visits: Visits) -> None:
    eservice = an_eservice(visits)
    grant = Grant(role=Role.READER, organisation_id=eservice.organisation_id)
    token = visits.sign_in(visits.person(grant))
    path = f"/manage/e-services/{eservice.eservice_id}/questions"

    page = await visits.client.get(f"{path}?look_language=en&look_question=ease")

    assert 'preview="How easy was the service to use?"' in page.text
    assert "Remove the own question" not in page.text
    refused = await visits.post(path, token, **own(eservice, fi="?"), do="save")
    assert refused.status_code == 403
