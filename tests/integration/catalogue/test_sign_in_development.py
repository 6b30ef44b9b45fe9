"""Made-up people of the embedded mode, and a catalogue that has no sign-in service."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.catalogue.app import create_program
from services.catalogue.development import ensure_development_data
from services.catalogue.domain.records import Person
from services.catalogue.errors import NotEmbeddedError
from services.catalogue.settings import IdentitySettings, Settings
from services.catalogue.storage import Store, create_engine
from shared.rights import Role
from shared.settings import TokenSettings
from tests.support.actors import TESTER
from tests.support.identity_provider import IdentityProvider
from tests.support.sign_in_door import Door, opened_door

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def door(tmp_path: Path, provider: IdentityProvider) -> AsyncIterator[Door]:
    settings = Settings(mode="embedded", var_dir=tmp_path)
    await ensure_development_data(settings)
    engine = create_engine(settings.database_url)
    async with opened_door(Store(engine), provider, None, has_development_sign_in=True) as one:
        yield one
    engine.dispose()


def people(door: Door) -> list[Person]:
    with door.store.read() as session:
        return session.people()


async def be(door: Door, person: Person, **headers: str) -> int:
    answer = await door.client.post(
        "/sign-in/development",
        data={"person_id": str(person.person_id), "next": "/manage"},
        headers={"sec-fetch-site": "same-origin", **headers},
    )
    return answer.status_code


async def test_there_is_somebody_for_each_role(door: Door) -> None:
    roles = [grant.role for person in people(door) for grant in person.grants]
    organisations = {
        grant.organisation_id
        for person in people(door)
        for grant in person.grants
        if grant.organisation_id is not None
    }
    (owned,) = [
        grant.eservice_ids
        for person in people(door)
        for grant in person.grants
        if grant.role is Role.SERVICE_OWNER
    ]

    assert sorted(roles) == sorted([*Role, Role.ORGANISATION_ADMINISTRATOR])
    assert len(organisations) == 1
    assert len(owned) == 2


async def test_anybody_may_be_one_of_them(door: Door) -> None:
    page = await door.client.get("/sign-in?next=/manage")
    person = next(each for each in people(door) if each.subject == "venla")
    status = await be(door, person)
    home = await door.client.get("/manage")

    assert all(each.name in page.text for each in people(door))
    assert status == 303
    assert home.status_code == 200
    assert person.name in home.text


async def test_nobody_can_be_anybody_else(door: Door) -> None:
    person = people(door)[0].model_copy(
        update={"person_id": "5e000001-0000-4000-8000-00000000beef", "issuer": "https://real"}
    )
    real = Person.model_validate(person.model_dump())
    with door.store.write(TESTER) as session:
        session.add(real)

    assert await be(door, real) == 404
    assert "arvio-session" not in door.client.cookies


async def test_another_site_can_t_make_anybody_one_of_them(door: Door) -> None:
    person = people(door)[0]
    foreign = await be(door, person, **{"sec-fetch-site": "cross-site"})
    older = await door.client.post(
        "/sign-in/development",
        data={"person_id": str(person.person_id)},
        headers={"origin": "https://evil.example"},
    )

    assert (foreign, older.status_code) == (403, 403)
    assert "arvio-session" not in door.client.cookies


async def test_it_leads_to_this_site_only(door: Door) -> None:
    answer = await door.client.post(
        "/sign-in/development",
        data={"person_id": str(people(door)[0].person_id), "next": "//evil.example"},
        headers={"sec-fetch-site": "same-origin"},
    )

    assert answer.headers["location"] == "/manage"


async def test_made_up_people_stay_as_they_were_left(tmp_path: Path) -> None:
    settings = Settings(mode="embedded", var_dir=tmp_path)
    await ensure_development_data(settings)
    engine = create_engine(settings.database_url)
    store = Store(engine)
    with store.write(TESTER) as session:
        (left, *others) = session.people()
        session.replace_person(left.model_copy(update={"grants": ()}))
    await ensure_development_data(settings)

    with store.read() as session:
        after = session.people()
    engine.dispose()
    assert len(after) == len(others) + 1
    assert next(each for each in after if each.person_id == left.person_id).grants == ()


async def test_a_real_sign_in_service_leaves_no_made_up_people(tmp_path: Path) -> None:
    identity = IdentitySettings(issuer="https://sign-in.example.fi", client_id="arvio")
    settings = Settings(mode="embedded", var_dir=tmp_path, identity=identity)
    await ensure_development_data(settings)
    engine = create_engine(settings.database_url)
    with Store(engine).read() as session:
        found = session.people()
    engine.dispose()

    assert found == []
    assert not settings.has_development_sign_in


def test_no_program_starts_with_made_up_people_outside_embedded_mode(tmp_path: Path) -> None:
    settings = Settings(
        var_dir=tmp_path,
        tokens=TokenSettings.model_validate({"signing_secret": "a secret of these tests"}),
        identity=IdentitySettings(development_sign_in=True),
    )

    with pytest.raises(NotEmbeddedError, match="ARVIO_IDENTITY__DEVELOPMENT_SIGN_IN"):
        create_program(settings)


def test_the_process_ends_and_says_why(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "services.catalogue"],
        cwd=ROOT,
        env={
            "ARVIO_VAR_DIR": str(tmp_path),
            "ARVIO_TOKENS__SIGNING_SECRET": "a secret of these tests",
            "ARVIO_IDENTITY__DEVELOPMENT_SIGN_IN": "true",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ended.returncode == 1
    assert "lets anybody be anybody" in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "catalogue.sqlite3").exists()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_without_a_sign_in_service_the_page_says_so(
    store: Store, provider: IdentityProvider
) -> None:
    async with opened_door(store, provider, None) as door:
        page = await door.client.get("/sign-in")
        start = await door.client.get("/sign-in/start")
        callback = await door.client.get("/sign-in/callback?code=x&state=y")
        development = await door.client.post("/sign-in/development")

    assert page.status_code == 503
    assert "no sign-in service has been set up" in page.text
    assert start.headers["location"] == "/sign-in"
    assert callback.status_code == 400
    assert development.status_code == 404


@pytest.mark.parametrize(
    ("identity", "wrong"),
    [
        ({"issuer": "http://sign-in.example.fi", "client_id": "arvio"}, "https://"),
        ({"issuer": "https://sign-in.example.fi"}, "client_id"),
        (
            {"issuer": "https://sign-in.example.fi", "client_id": "a", "scopes": "email"},
            "openid",
        ),
    ],
)
def test_settings_that_could_not_work_are_refused(identity: dict[str, str], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        IdentitySettings.model_validate(identity)
