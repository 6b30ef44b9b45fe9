"""Every page of administration in a browser, in every language, on a phone and on a desk."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.e2e.manage.conftest import ADMINISTRATOR, MINISTRY, SignIn
from tests.support.stack import Stack

LANGUAGES = ("fi", "sv", "en")
OF_ORGANISATION = ("", "/e-services/new", "/people", "/keys", "/audit-trail")
OF_ESERVICE = ("", "/questions")
OF_MINISTRY = (
    "/manage?q=ka",
    "/manage/people",
    "/manage/question-sets",
    "/manage/question-sets/base",
    "/manage/ptv-imports",
    "/manage/thresholds",
    "/manage/audit-trail",
)


def paths(stack: Stack, name: str) -> list[str]:
    """Return the pages that somebody can open."""
    if name == MINISTRY:
        return list(OF_MINISTRY)
    eservice = stack.eservices[0]
    organisation = f"/manage/organisations/{eservice['organisation_id']}"
    own = f"/manage/e-services/{eservice['eservice_id']}"
    return [f"{organisation}{path}" for path in OF_ORGANISATION] + [
        f"{own}{path}" for path in OF_ESERVICE
    ]


async def found_by_axe(page: Page) -> list[str]:
    found = await Axe().run(page)
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found.response["violations"]]


async def fault_of(page: Page, path: str, language: str) -> str:
    """Say what is wrong with a page on a phone."""
    answer = await page.goto(path)
    assert answer is not None
    width, spoken = await page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.lang]"
    )
    return (
        ""
        if (answer.status, width, spoken) == (200, 320, language)
        else (f"{answer.status}, {width} px wide, in {spoken}")
    )


@pytest.mark.parametrize("name", [ADMINISTRATOR, MINISTRY])
async def test_axe_finds_nothing_and_nothing_is_wider_than_a_phone(
    stack: Stack, sign_in: SignIn, name: str
) -> None:
    faults: dict[str, object] = {}

    for turn, language in enumerate(LANGUAGES):
        page = await sign_in(name, 320, locale=language, reduced_motion="reduce")
        for number, path in enumerate(paths(stack, name)):
            if fault := await fault_of(page, path, language):
                faults[f"{path} in {language}"] = fault
            # What axe looks at is the same in all languages: each page once.
            elif number % len(LANGUAGES) == turn:
                await page.set_viewport_size({"width": (320, 1280)[number % 2], "height": 900})
                if found := await found_by_axe(page):
                    faults[path] = found
                await page.set_viewport_size({"width": 320, "height": 900})

    assert faults == {}
