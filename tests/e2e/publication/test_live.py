from playwright.async_api import expect

from tests.e2e.publication.conftest import Open, Site
from tests.support import published as make


async def test_a_page_moves_when_a_score_is_published(site: Site, open_page: Open) -> None:
    page = await open_page(f"{site.path(site.rated)}?language=en")
    await expect(page.locator(".score__number")).to_have_text("4.3")
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")

    await site.publisher.publish(make.score(site.rated, (500, 0, 0, 0, 500)))

    await expect(page.locator(".score__number")).to_have_text("3.0", timeout=3_000)
    await expect(page.locator("#window-24h")).to_contain_text("1,000 ratings")
    await expect(page.locator(".bars tbody tr").first).to_contain_text("50%")
    await expect(page.get_by_role("status").first).to_have_text(
        "The score has changed: 3.0 out of 5 stars, 1,000 ratings"
    )
    await expect(page.locator("#badge")).to_have_attribute(
        "alt", "3.0 out of 5 stars, 1,000 ratings"
    )


async def test_a_page_leaves_the_withheld_state_by_itself(site: Site, open_page: Open) -> None:
    page = await open_page(f"{site.path(site.withheld)}?language=sv")
    await expect(page.locator("#score")).to_contain_text("För få omdömen")

    await site.publisher.publish(make.score(site.withheld, (2, 2, 2, 2, 2)))

    await expect(page.locator(".score__number")).to_have_text("3,0", timeout=3_000)


async def test_a_paused_page_stays_as_it_is_until_it_is_resumed(
    site: Site, open_page: Open
) -> None:
    page = await open_page(f"{site.path(site.closed)}?language=en")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator("#live")).to_contain_text("Paused")
    other = await open_page(f"{site.path(site.closed)}?language=en")

    await site.publisher.publish(make.score(site.closed, (0, 0, 0, 0, 77)))

    await expect(other.locator(".score__number")).to_have_text("5.0", timeout=3_000)
    await expect(page.locator(".score__number")).to_have_text("4.3")
    await page.get_by_role("button", name="Resume").click()
    await expect(page.locator(".score__number")).to_have_text("5.0", timeout=3_000)


async def test_who_reads_the_table_with_the_keyboard_keeps_the_place(
    site: Site, open_page: Open
) -> None:
    page = await open_page(f"{site.path(site.rated)}?language=en&grain=day")
    table = page.get_by_role("region", name="Table of the trend")
    await table.focus()
    await page.keyboard.press("End")
    # From now on the trend is another one with every refresh.
    await page.evaluate("document.querySelector('#trend caption').textContent = 'changed'")

    await site.publisher.publish(make.score(site.rated, (0, 0, 0, 0, 50)))

    await expect(page.locator(".score__number")).to_have_text("5.0", timeout=3_000)
    await expect(page.locator("#trend caption")).not_to_have_text("changed")
    await expect(table).to_be_focused()
    assert await table.evaluate("table => table.scrollTop") > 0
