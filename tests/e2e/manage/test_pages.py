"""Every page of administration in a browser: in any language, on a phone and on a desk."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from services.catalogue.domain.records import PtvImport, PtvRun
from services.catalogue.inviting import invite
from services.catalogue.storage import Session, Store, create_engine
from shared.rights import Grant, Role
from tests.e2e.manage.conftest import ADMINISTRATOR, MINISTRY, SignIn
from tests.e2e.rights.routes import every_call
from tests.support.actors import TESTER
from tests.support.stack import Stack

LANGUAGES = ("fi", "sv", "en")


class Look(NamedTuple):
    """One page: its route, how it is answered, and which button is pressed on it first."""

    route: str
    status: int = 200
    press: str = ""


_ORGANISATION = "/manage/organisations/{organisation_id}"
_ESERVICE = "/manage/e-services/{eservice_id}"
_KEY = f"{_ORGANISATION}/keys/{{key_id}}"

LOOKS: Mapping[str, tuple[Look, ...]] = {
    ADMINISTRATOR: (
        Look("/manage/my-rights"),
        Look(_ORGANISATION),
        Look(f"{_ORGANISATION}/e-services/new"),
        Look(
            f"{_ORGANISATION}/e-services/new", 422, "form[method=post] button.button[type=submit]"
        ),
        Look(f"{_ORGANISATION}/people"),
        Look(f"{_ORGANISATION}/people/{{person_id}}"),
        Look(f"{_ORGANISATION}/keys"),
        Look(f"{_ORGANISATION}/keys", 422, "main form:has([name=nonce]) [type=submit]"),
        Look(f"{_KEY}/replace"),
        Look(f"{_KEY}/revoke"),
        Look(f"{_KEY}/replace", 200, "main form [type=submit]"),
        Look(f"{_ORGANISATION}/keys/secrets/{{eservice_id}}"),
        Look(f"{_ORGANISATION}/audit-trail"),
        Look(_ESERVICE),
        Look(f"{_ESERVICE}/questions"),
        Look("/invitations/{token}"),
        Look("/manage/ptv-imports/runs/{run_id}", 403),
        Look("/manage/organisations/{nobody}", 404),
    ),
    MINISTRY: (
        Look("/manage?q=ka"),
        Look("/manage/people"),
        Look("/manage/people/{minister_id}"),
        Look("/manage/question-sets"),
        Look("/manage/question-sets/base"),
        Look("/manage/ptv-imports"),
        Look("/manage/ptv-imports/{began_at}"),
        Look("/manage/ptv-imports/runs/{run_id}"),
        Look("/manage/thresholds"),
        Look("/manage/audit-trail"),
    ),
}

NO_PAGES = {
    "/manage/audit-trail/{form}": "a file",
    "/manage/organisations/{organisation_id}/audit-trail/{form}": "a file",
    "/manage/e-services/{eservice_id}/now": "a part of the e-service's page",
    "/manage/ptv-imports/now": "a part of the list of imports",
}


@pytest.fixture(scope="module")
def ids(stack: Stack) -> dict[str, str]:
    """What addresses name, once it is there."""
    eservice = stack.eservices[0]
    wish = {
        "label": "looked at",
        "scopes": ["scores:read"],
        "organisation_id": eservice["organisation_id"],
    }
    with stack.client() as client:
        key = client.post("/v1/keys", json=wish, headers=stack.authorised())
    engine = create_engine(f"sqlite:///{stack.var_dir / 'catalogue.sqlite3'}")
    with Store(engine).write(TESTER) as session:
        found = _put_in(session, eservice)
    engine.dispose()
    return {
        **eservice,
        **found,
        "key_id": key.raise_for_status().json()["key_id"],
        "nobody": str(uuid4()),
    }


def _put_in(session: Session, eservice: Mapping[str, str]) -> dict[str, str]:
    """Put an invitation, an import and a dry run in; return what addresses call them."""
    people = {person.name: str(person.person_id) for person in session.people()}
    _, token = invite(
        session,
        email="looked-at@example.fi",
        grant=Grant.model_validate(
            {"role": Role.READER, "organisation_id": eservice["organisation_id"]}
        ),
        by=people[ADMINISTRATOR],
        lifetime=timedelta(days=1),
    )
    now = datetime.now(UTC).replace(microsecond=0)
    report = _report(eservice)
    began = PtvImport(began_at=now, finished_at=now, is_everything=True, report=report)
    session.add(began)
    run = PtvRun(
        run_id=uuid4(),
        began_at=now,
        actor=TESTER,
        is_dry_run=True,
        state="done",
        alive_at=now,
        report={**report, "is_suspicious": True},
    )
    session.ptv_runs.add(run)
    return {
        "person_id": people[ADMINISTRATOR],
        "minister_id": people[MINISTRY],
        "token": token,
        "began_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "run_id": str(run.run_id),
    }


def _report(eservice: Mapping[str, str]) -> dict[str, object]:
    """Return what an import reports that found something of every part."""
    named = {**eservice, "names": {"fi": eservice["name"]}}
    names = {"from": {"fi": "Ennen"}, "to": {"fi": eservice["name"]}}
    nothing: dict[str, object] = {"unchanged": 1, "left": 0}
    return {
        "source": "api",
        "organisations": {**nothing, "added": [named]},
        "channels": nothing,
        "eservices": {**nothing, "changed": [{**named, "changes": {"names": names}}]},
        "refused": [{"entry": "channel", "id": str(uuid4()), "reason": "no_name"}],
    }


def test_every_page_of_administration_is_looked_at(tmp_path: Path) -> None:
    """The routes are the programs' own: a new page has to be added above."""
    pages = {
        call.path
        for call in every_call(tmp_path)
        if call.method == "GET" and call.path.startswith(("/manage", "/invitations"))
    }
    looked_at = {look.route.partition("?")[0] for looks in LOOKS.values() for look in looks}
    as_routes = {
        f"{_KEY}/replace": f"{_KEY}/{{what}}",
        f"{_KEY}/revoke": f"{_KEY}/{{what}}",
        "/manage/people/{minister_id}": "/manage/people/{person_id}",
        "/manage/question-sets/base": "/manage/question-sets/{question_set_id}",
        "/manage/organisations/{nobody}": _ORGANISATION,
    }

    assert {as_routes.get(path, path) for path in looked_at} == pages - NO_PAGES.keys()
    assert NO_PAGES.keys() < pages


async def fault_of(page: Page, look: Look, address: str, language: str, width: int) -> object:
    """Open a page; say what is wrong with it on a phone, and what axe finds at a width."""
    await page.set_viewport_size({"width": 320, "height": 900})
    await page.set_extra_http_headers({"Accept-Language": language})
    answer = await page.goto(address)
    if look.press:
        async with page.expect_navigation() as pressed:
            await page.locator(look.press).last.click()
        answer = await pressed.value
    assert answer is not None
    wide, spoken = await page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.lang]"
    )
    if (answer.status, wide, spoken) != (look.status, 320, language):
        return f"{answer.status}, {wide} px wide, in {spoken}"
    await page.set_viewport_size({"width": width, "height": 900})
    found = await Axe().run(page)
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found.response["violations"]]


@pytest.mark.parametrize("name", [ADMINISTRATOR, MINISTRY])
async def test_axe_finds_nothing_and_nothing_is_wider_than_a_phone(
    sign_in: SignIn, ids: dict[str, str], name: str
) -> None:
    """Each page once, in one of the languages, and at one of the widths for axe."""
    faults: dict[str, object] = {}
    page = await sign_in(name, 320, reduced_motion="reduce")

    for number, look in enumerate(LOOKS[name]):
        language = LANGUAGES[number % len(LANGUAGES)]
        address = look.route.format(**ids)
        if fault := await fault_of(page, look, address, language, (320, 1280)[number % 2]):
            faults[f"{look.route} {look.press} in {language}"] = fault

    assert not faults, "\n".join(f"{page}: {fault}" for page, fault in faults.items())
