"""A browser at the pages of administration, as one of the made-up people."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.support.stack import Stack

REFUSAL = re.compile(r"status of 4(03|04|22)")

ADMINISTRATOR = "Paavo Pääkäyttäjä"
MINISTRY = "Venla Valtiolainen"

SignIn = Callable[..., Awaitable[Page]]


@pytest.fixture
async def sign_in(stack: Stack, browser: Browser) -> AsyncIterator[SignIn]:
    """Sign somebody in; whatever the browser complains of fails the test."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    async def signed_in(name: str = ADMINISTRATOR, width: int = 1280, **options: Any) -> Page:  # noqa: ANN401  whatever a context takes
        context = await browser.new_context(
            viewport={"width": width, "height": 900}, base_url=stack.base_url, **options
        )
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(f"{page.url}: {message.text}")
                # A refusal is a page, too: the browser writes down how it was answered.
                if message.type == "error" and not REFUSAL.search(message.text)
                else None
            ),
        )
        await page.goto("/sign-in")
        await page.get_by_role("button", name=name).click()
        return page

    yield signed_in
    for context in contexts:
        await context.close()
    assert complaints == []


@pytest.fixture
def own_eservice(stack: Stack) -> str:
    """An e-service of the test's own, entered by hand; returns its page's path."""
    wish = {
        "organisation_id": stack.eservices[0]["organisation_id"],
        "names": {"fi": f"Kokeilu {uuid4().hex[:8]}"},
    }
    with stack.client() as client:
        answer = client.post("/v1/eservices", json=wish, headers=stack.authorised())
    return f"/manage/e-services/{answer.raise_for_status().json()['eservice_id']}"
