"""Before the tables are whole, everybody is told so in a way that suits them."""

import httpx
import pytest

from services.publication.app import create_app
from services.publication.settings import Settings

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ESERVICE = "5e000000-0000-5000-8000-000000000011"


async def get(path: str, **headers: str) -> httpx.Response:
    """Ask a publication whose tables are not loaded, since nothing has been started."""
    transport = httpx.ASGITransport(app=create_app(Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path, headers=headers)


@pytest.mark.parametrize("path", ["/", "/e-services", f"/e-services/{ESERVICE}"])
@pytest.mark.parametrize(
    ("language", "heading", "action"),
    [
        ("fi", "Tuloksia ladataan", "Yritä uudelleen"),
        ("sv", "Resultaten laddas", "Försök igen"),
        ("en", "The scores are being loaded", "Try again"),
    ],
)
async def test_people_get_a_page_in_their_language(
    path: str, language: str, heading: str, action: str
) -> None:
    answer = await get(path, **BROWSER, **{"Accept-Language": language})

    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-language"] == language
    assert answer.headers["retry-after"] == "5"
    assert f"<h1>{heading}</h1>" in answer.text
    assert f'href="">{action}</a>' in answer.text


async def test_a_program_that_asks_for_a_page_gets_a_problem() -> None:
    answer = await get("/e-services", Accept="*/*")

    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["code"] == "not_ready"


@pytest.mark.parametrize("path", ["", f"/{ESERVICE}", f"/{ESERVICE}/badge.svg"])
async def test_calls_answer_with_a_problem_whoever_asks(path: str) -> None:
    answer = await get(f"/v1/published/eservices{path}", **BROWSER)

    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["code"] == "not_ready"
