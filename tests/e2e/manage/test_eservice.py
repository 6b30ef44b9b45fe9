"""One e-service's page at work: settings by keyboard, without JavaScript, and what arrives."""

from uuid import uuid4

import httpx
from playwright.async_api import expect

from tests.e2e.manage.conftest import SignIn
from tests.support.stack import Stack
from tests.support.waiting import eventually

PATIENCE_MS = 30_000


async def rate(stack: Stack, path: str, stars: int) -> None:
    """Rate an e-service as its own page would."""
    eservice_id = path.rpartition("/")[2]
    async with httpx.AsyncClient(base_url=stack.base_url, trust_env=False) as client:

        async def ask() -> httpx.Response:
            path = f"/v1/eservices/{eservice_id}/widget?language=sv"
            return (await client.get(path)).raise_for_status()

        asked = await eventually(ask, saying="rating capture knows the e-service")
        rating = {
            "rating_id": str(uuid4()),
            "eservice_id": eservice_id,
            "question_id": asked.json()["questions"][0]["question_id"],
            "language": "sv",
        }
        shown = await client.post("/v1/questions/shown", json=rating)
        assert shown.is_success, shown.text
        answer = await client.post("/v1/ratings", json={**rating, "stars": stars})
        assert answer.is_success, answer.text


async def test_what_arrives_is_seen_within_seconds(
    stack: Stack, sign_in: SignIn, own_eservice: str
) -> None:
    page = await sign_in(locale="en")
    await page.goto(own_eservice)
    await expect(page.locator("#installed")).to_contain_text("Nothing has arrived yet.")
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    await expect(page.get_by_role("link", name="Check again")).to_have_count(0)
    await page.get_by_label("Reason").first.fill("half a sentence")

    await rate(stack, own_eservice, 4)

    row = page.locator("#events tbody tr").first
    await expect(row).to_contain_text("4 ★", timeout=PATIENCE_MS)
    await expect(row).to_contain_text("Swedish")
    await expect(page.locator("#installed")).to_contain_text("ratings arrive", timeout=PATIENCE_MS)
    await expect(page.locator("#announcement")).to_have_text("It is installed: ratings arrive.")
    await expect(page.locator("#numbers")).to_contain_text(
        "too few to publish", timeout=PATIENCE_MS
    )
    await expect(page.get_by_label("Reason").first).to_have_value("half a sentence")


async def test_settings_are_changed_and_undone_with_the_keyboard(
    sign_in: SignIn, own_eservice: str
) -> None:
    page = await sign_in(locale="en")
    await page.goto(own_eservice)
    published = page.get_by_role("checkbox", name="Published")

    await page.get_by_role("checkbox", name="Open").focus()
    await page.keyboard.press("Tab")
    await expect(published).to_be_focused()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.type("no origin")
    for _ in range(4):
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Save the settings")).to_be_focused()
    await page.keyboard.press("Enter")
    fault = page.get_by_role("link", name="Not an origin: no origin.")
    await fault.press("Enter")
    origins = page.get_by_label("Origins whose pages may carry the question")
    await expect(origins).to_be_focused()
    await expect(published).not_to_be_checked()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("https://asiointi.example.fi")
    await page.get_by_role("button", name="Save the settings").press("Enter")

    await expect(page.get_by_role("status").first).to_contain_text("The change is saved")
    await expect(origins).to_have_value("https://asiointi.example.fi")
    await page.get_by_role("button", name="Undo").press("Enter")
    await expect(page.get_by_role("status").first).to_contain_text("The change is undone")
    await expect(published).to_be_checked()
    await expect(origins).to_have_value("")


async def test_without_javascript_an_eservice_is_entered_looked_after_and_withdrawn(
    stack: Stack, sign_in: SignIn
) -> None:
    page = await sign_in(java_script_enabled=False, locale="en")
    await page.get_by_role("link", name="Enter an e-service by hand").click()
    await page.get_by_label("Name in Finnish").fill(f"Kokeilu {uuid4().hex[:8]}")
    await page.get_by_role("button", name="Enter the e-service").click()
    await expect(page.get_by_role("status").first).to_contain_text("The e-service is entered.")
    own_eservice = page.url.partition("?")[0]
    await expect(page.locator("#live")).to_be_hidden()
    await expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    await rate(stack, own_eservice, 2)

    async def is_seen() -> bool:
        await page.get_by_role("link", name="Check again").click()
        return "2 ★" in await page.locator("#events").inner_text()

    await eventually(is_seen)
    await page.get_by_label("Open", exact=True).uncheck()
    await page.get_by_role("button", name="Save the settings").click()
    await expect(page.locator("#installed")).to_contain_text("nothing is accepted")
    await page.get_by_role("button", name="Withdraw the e-service").click()
    await expect(page.get_by_role("status").first).to_contain_text("it is closed and hidden")
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("status").first).to_contain_text("The change is undone")
