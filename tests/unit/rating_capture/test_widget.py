"""What browsers get: the widget's files, and its configuration."""

import gzip
import json
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from services.rating_capture.widget_files import WidgetFiles, WidgetNotBuiltError
from shared.vocabulary import Language
from tests.e2e.widget.texts import TEXTS
from tests.support.door import CLOSED, LISTED, LISTED_ORIGIN, OPEN, QUESTIONS, SILENT, Door

STATIC = Path(__file__).parents[3] / "services" / "rating_capture" / "static"


def path_of(eservice_id: object) -> str:
    return f"/v1/eservices/{eservice_id}/widget"


async def test_the_widget_is_one_cacheable_file(client: httpx.AsyncClient) -> None:
    manifest = json.loads((STATIC / "widget.json").read_text())

    plain = await client.get("/widget.js", headers={"Accept-Encoding": "identity"})
    packed = await client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    pinned = await client.get(f"/{manifest['immutable_file']}")
    head = await client.head("/widget.js")

    assert plain.content == packed.content == (STATIC / "widget.js").read_bytes()
    assert pinned.content == plain.content
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["etag"] != packed.headers["etag"]
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, 9, mtime=0))
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert plain.headers["access-control-allow-origin"] == "*"
    assert plain.headers["cache-control"].startswith("public, max-age=300")
    assert "immutable" in pinned.headers["cache-control"]
    assert head.status_code == 200


async def test_an_unchanged_file_is_not_sent_again(client: httpx.AsyncClient) -> None:
    etag = (await client.get("/widget.js")).headers["etag"]

    again = await client.get("/widget.js", headers={"If-None-Match": f'W/{etag}, "other"'})

    assert again.status_code == 304
    assert again.content == b""


async def test_the_manifest_is_there_and_other_builds_are_not(client: httpx.AsyncClient) -> None:
    manifest = await client.get("/widget.json")
    other = await client.get("/widget-0000000000000000.js")
    outside = await client.get("/widget-..%2F..%2Fapp.py.js")

    assert manifest.json()["integrity"].startswith("sha384-")
    assert [other.status_code, outside.status_code] == [404, 404]


def test_a_widget_that_is_not_built_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(WidgetNotBuiltError, match="npm run build:widget"):
        WidgetFiles(tmp_path).load()


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
async def test_the_configuration_speaks_the_language(
    client: httpx.AsyncClient, language: str
) -> None:
    answer = await client.get(path_of(OPEN), params={"language": language})

    body = answer.json()
    assert answer.status_code == 200
    assert body["language"] == language == answer.headers["content-language"]
    assert body["texts"] == TEXTS[language]
    assert [question["question_id"] for question in body["questions"]] == ["ease", "flow"]
    assert body["questions"][0]["text"] == QUESTIONS.questions[0].texts[language]
    assert body["questions"][1] == {
        "question_id": "flow", "text": "Kuinka sujui?", "weight": 2.0
    }  # fmt: skip
    assert body["is_open"] is True
    assert body["comment_max_characters"] == 2000
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("wished", "accepted", "expected"),
    [
        ("sv-FI", "en", "sv"),
        ("de", "en-GB,en;q=0.9", "en"),
        (None, "sv;q=0.5, en;q=0.8", "en"),
        (None, "de", "fi"),
    ],
)
async def test_the_nearest_language_is_taken(
    client: httpx.AsyncClient, wished: str | None, accepted: str, expected: str
) -> None:
    params = {"language": wished} if wished else {}

    answer = await client.get(path_of(OPEN), params=params, headers={"Accept-Language": accepted})

    assert answer.json()["language"] == expected


async def test_an_unchanged_configuration_is_not_sent_again(
    door: Door, client: httpx.AsyncClient
) -> None:
    first = await client.get(path_of(OPEN))
    held = {"If-None-Match": first.headers["etag"]}

    same = await client.get(path_of(OPEN), headers=held)
    door.tables.put_question_set(
        QUESTIONS.model_copy(update={"questions": QUESTIONS.questions[:1]})
    )
    changed = await client.get(path_of(OPEN), headers=held)

    assert same.status_code == 304
    assert changed.status_code == 200
    assert len(changed.json()["questions"]) == 1


async def test_the_own_question_comes_with_the_base_ones(client: httpx.AsyncClient) -> None:
    body = (await client.get(path_of(SILENT))).json()

    assert [question["question_id"] for question in body["questions"]][-1] == "own-silent"
    assert body["is_comment_allowed"] is False


@pytest.mark.parametrize(
    ("eservice_id", "status"), [(uuid4(), 404), (CLOSED, 404), ("nonsense", 422)]
)
async def test_a_page_can_read_why_there_is_none(
    client: httpx.AsyncClient, eservice_id: object, status: int
) -> None:
    answer = await client.get(path_of(eservice_id), headers={"Origin": "https://any.example"})

    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_list_of_origins_holds_for_the_configuration_too(
    client: httpx.AsyncClient,
) -> None:
    statuses = [
        (await client.get(path_of(LISTED), headers={"Origin": origin})).status_code
        for origin in (LISTED_ORIGIN, "https://elsewhere.example")
    ]
    asked = await client.options(path_of(LISTED), headers={"Origin": LISTED_ORIGIN})

    assert statuses == [200, 403]
    assert asked.status_code == 204


def test_every_language_has_its_words() -> None:
    assert set(TEXTS) == {language.value for language in Language}
