"""The pages on which rights are given and taken away."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from services.catalogue import inviting
from services.catalogue.domain.records import Eservice, Organisation, Person
from services.catalogue.storage import Store
from shared.rights import Grant, Role
from tests.integration.catalogue.conftest import Visits
from tests.support.actors import TESTER

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """One kind of store: the rules are tried on both."""
    return f"sqlite:///{tmp_path / 'catalogue.sqlite3'}"


@pytest.fixture
def full_store(store: Store) -> Store:
    """Two organisations with an e-service each, which is all that these pages need."""
    with store.write(TESTER) as session:
        for name in ("Rekisterikeskus", "Muu virasto"):
            organisation = Organisation(organisation_id=uuid4(), names={"fi": name})
            session.add(organisation)
            session.add(
                Eservice(
                    eservice_id=uuid4(),
                    organisation_id=organisation.organisation_id,
                    names={"fi": f"Palvelu: {name}"},
                )
            )
    return store


class Office:
    """An organisation with two administrators, one of whom looks at the pages."""

    def __init__(self, visits: Visits) -> None:
        self.visits = visits
        with visits.store.read() as session:
            self.own, self.other = session.everything(Organisation)[:2]
            everything = session.everything(Eservice)
        self.eservices = [e for e in everything if e.organisation_id == self.id]
        self.foreign = [e for e in everything if e.organisation_id != self.id]
        self.path = f"/manage/organisations/{self.id}/people"
        self.boss = visits.person(self.grant(Role.ORGANISATION_ADMINISTRATOR), name="Bertta")
        self.second = visits.person(self.grant(Role.ORGANISATION_ADMINISTRATOR), name="Cecilia")
        self.token = visits.sign_in(self.boss)

    @property
    def id(self) -> UUID:
        return self.own.organisation_id

    def grant(self, role: Role, *eservice_ids: UUID) -> Grant:
        return Grant(role=role, organisation_id=self.id, eservice_ids=eservice_ids)

    async def page(self, path: str = "") -> str:
        response = await self.visits.client.get(self.path + path)
        assert response.status_code == 200
        return response.text

    async def post(self, path: str, **fields: str | list[str]) -> httpx.Response:
        return await self.visits.post(self.path + path, self.token, **fields)

    async def carried(self, person: Person, role: Role) -> dict[str, str]:
        """Return what the form on a person's page carries unseen."""
        page = await self.page(f"/{person.person_id}?role={role}")
        found = re.search(r'name="seen" value="([0-9a-f]+)"', page)
        assert found is not None
        return {"before": role, "seen": found.group(1)}

    def grants(self, person: Person) -> tuple[Grant, ...]:
        with self.visits.store.read() as session:
            found = session.person(person.person_id)
        assert found is not None
        return found.grants


@pytest.fixture
def office(visits: Visits) -> Office:
    return Office(visits)


def link_on(page: str) -> str:
    found = re.search(r'<textarea[^>]* id="link"[^>]*>([^<]*)</textarea>', page)
    assert found is not None
    return found.group(1)


async def test_an_invitation_is_a_link_that_is_shown_once(office: Office) -> None:
    one = office.eservices[0]
    response = await office.post(
        "/invitations",
        email="dora@example.fi",
        role="service_owner",
        reach="some",
        eservice_ids=[str(one.eservice_id)],
    )

    link = link_on(response.text)
    assert link.startswith("http://catalogue/invitations/")
    letter = re.search(r'href="(mailto:[^"]*)"', response.text)
    assert letter is not None
    assert unescape(letter.group(1)).startswith("mailto:dora@example.fi?subject=Invitation%20")
    page = await office.page()
    assert "dora@example.fi" in page
    assert link not in page
    dora = office.visits.person(name="Dora")
    with office.visits.store.write(TESTER) as session:
        inviting.accept(session, link.rsplit("/", 1)[1], dora)
    assert office.grants(dora) == (office.grant(Role.SERVICE_OWNER, one.eservice_id),)
    assert "Dora" in await office.page()


async def test_the_same_form_twice_leaves_one_invitation_and_the_last_link(
    office: Office,
) -> None:
    fields: dict[str, str | list[str]] = {
        "email": "dora@example.fi",
        "role": "reader",
        "reach": "all",
    }
    first = await office.post("/invitations", **fields)
    second = await office.post("/invitations", **fields)

    with office.visits.store.read() as session:
        states = {
            link: inviting.find_invitation(session, link.rsplit("/", 1)[1]).state(session.now)
            for link in (link_on(first.text), link_on(second.text))
        }
    assert list(states.values()) == ["withdrawn", "open"]
    assert (await office.page()).count("dora@example.fi</th>") == 1


async def test_invitations_are_withdrawn_and_made_anew(office: Office) -> None:
    await office.post("/invitations", email="dora@example.fi", role="reader", reach="all")
    found = re.search(r"/invitations/([0-9a-f-]+)/withdraw", await office.page())
    assert found is not None
    own = f"/invitations/{found.group(1)}"

    anew = await office.post(f"{own}/renew")
    withdrawn = await office.post(f"{own}/withdraw")

    assert link_on(anew.text)
    assert withdrawn.status_code == 303
    page = await office.page("?done=withdrawn")
    assert "its link opens nothing any more" in page
    assert page.count("dora@example.fi</th>") == 1


async def test_an_invitation_that_has_run_out_can_be_made_anew(office: Office) -> None:
    with office.visits.store.write(TESTER) as session:
        inviting.invite(
            session,
            email="dora@example.fi",
            grant=office.grant(Role.READER),
            by=str(office.boss.person_id),
            lifetime=timedelta(0),
        )
    page = await office.page()
    found = re.search(r"/invitations/([0-9a-f-]+)/renew", page)

    assert found is not None
    assert "Expired" in page
    assert "/withdraw" not in page
    assert link_on((await office.post(f"/invitations/{found.group(1)}/renew")).text)


REFUSED: tuple[tuple[dict[str, str], str], ...] = (
    ({"email": "nobody"}, "Enter an e-mail address"),
    ({"email": f"{HOSTILE}@example.fi"}, "Enter an e-mail address"),
    ({"email": "a@example.fi\nBcc: b@example.fi"}, "Enter an e-mail address"),
    ({"email": "a" * 10_000 + "@example.fi"}, "Enter an e-mail address"),
    ({"email": ""}, "Enter an e-mail address"),
    ({"role": "ministry"}, "Choose a role."),
    ({"role": ""}, "Choose a role."),
    ({"role": HOSTILE}, "Choose a role."),
    ({"reach": "some"}, "Tick at least one e-service"),
    ({"reach": ""}, "Tick at least one e-service"),
    ({"reach": "some", "eservice_ids": "no id"}, "no such e-service"),
    ({"reach": "some", "eservice_ids": str(uuid4())}, "no such e-service"),
    ({"reach": "some", "eservice_ids": "FOREIGN"}, "no such e-service"),
    (
        {"role": "organisation_administrator", "reach": "some", "eservice_ids": "OWN"},
        "An administrator is never limited",
    ),
    ({"reason": "x" * 501}, "at most 500 characters"),
)


async def test_what_can_not_be_given_is_refused_and_what_was_entered_kept(office: Office) -> None:
    ids = {
        "FOREIGN": str(office.foreign[0].eservice_id),
        "OWN": str(office.eservices[0].eservice_id),
    }
    for fields, sentence in REFUSED:
        wished = {"email": "dora@example.fi", "role": "reader", "reach": "all"} | {
            name: ids.get(value, value) for name, value in fields.items()
        }

        response = await office.post("/invitations", **wished)

        assert response.status_code == 422, fields
        assert sentence in unescape(response.text), fields
        assert HOSTILE not in response.text
        kept = f'value="{wished["email"]}"' in unescape(response.text)
        assert kept or HOSTILE in wished["email"]
    with office.visits.store.read() as session:
        assert session.invitations(office.id) == []


async def test_everything_that_is_wrong_is_said_at_once(office: Office) -> None:
    response = await office.post("/invitations", email="", role="", reason="x" * 501)

    for sentence in ("Enter an e-mail address", "Choose a role.", "at most 500 characters"):
        assert sentence in response.text


async def test_names_and_addresses_are_text_whatever_they_say(office: Office) -> None:
    hostile = office.visits.person(office.grant(Role.READER), name=f"Eeva {HOSTILE}")

    for path in ("", f"/{hostile.person_id}"):
        page = await office.page(path)
        assert HOSTILE not in page
        assert "Eeva &lt;script&gt;" in page


async def test_a_right_is_taken_away_and_given_back(office: Office) -> None:
    reader = office.visits.person(office.grant(Role.READER), name="Risto")
    carried = await office.carried(reader, Role.READER)

    response = await office.post(f"/{reader.person_id}/take-away", **carried, reason="Left us")

    assert office.grants(reader) == ()
    page = (await office.visits.client.get(response.headers["location"])).text
    assert "The right was taken away" in page
    assert "Risto" in page
    sealed = re.search(r'name="undo" value="([^"]+)"', page)
    assert sealed is not None
    for _ in ("once", "and the same form again"):
        undone = await office.post("/undo", undo=sealed.group(1))
        assert undone.status_code == 303
        assert office.grants(reader) == (office.grant(Role.READER),)


async def test_taking_away_twice_is_taking_away_once(office: Office) -> None:
    reader = office.visits.person(office.grant(Role.READER))
    carried = await office.carried(reader, Role.READER)

    answers = [
        await office.post(f"/{reader.person_id}/take-away", **carried) for _ in ("once", "twice")
    ]

    assert [answer.status_code for answer in answers] == [303, 303]


async def test_what_was_changed_since_is_not_undone(office: Office) -> None:
    reader = office.visits.person(office.grant(Role.READER), name="Risto")
    carried = await office.carried(reader, Role.READER)
    response = await office.post(f"/{reader.person_id}/take-away", **carried)
    sealed = httpx.URL(response.headers["location"]).params["undo"]
    office.visits.know(reader.model_copy(update={"grants": (office.grant(Role.ASSESSOR),)}))

    undone = await office.post("/undo", undo=sealed)

    assert undone.status_code == 412
    assert office.grants(reader) == (office.grant(Role.ASSESSOR),)


async def test_nobody_is_offered_to_undo_what_never_was(office: Office) -> None:
    """A link from elsewhere could make somebody an administrator by one careless click."""
    page = await office.page("?done=taken_away&undo=e30.e30.e30")
    answer = await office.post("/undo", undo="e30.e30.e30")

    assert 'name="undo"' not in page
    assert answer.status_code == 409


async def test_a_role_and_its_e_services_are_changed(office: Office) -> None:
    owner = office.visits.person(office.grant(Role.SERVICE_OWNER), name="Olli")
    one = office.eservices[0].eservice_id
    carried = await office.carried(owner, Role.SERVICE_OWNER)

    changes: dict[str, str | list[str]] = {
        **carried,
        "role": "assessor",
        "reach": "some",
        "eservice_ids": [str(one)],
    }
    response = await office.post(f"/{owner.person_id}", **changes)

    assert response.status_code == 303
    assert office.grants(owner) == (office.grant(Role.ASSESSOR, one),)
    again = await office.post(f"/{owner.person_id}", **changes)
    assert again.status_code == 303


async def test_who_was_slower_changes_nothing(office: Office) -> None:
    owner = office.visits.person(office.grant(Role.SERVICE_OWNER))
    carried = await office.carried(owner, Role.SERVICE_OWNER)
    by_others = office.grant(Role.SERVICE_OWNER, office.eservices[0].eservice_id)
    office.visits.know(owner.model_copy(update={"grants": (by_others,)}))

    changed = await office.post(
        f"/{owner.person_id}", **carried, role="organisation_administrator", reach="all"
    )
    taken = await office.post(f"/{owner.person_id}/take-away", **carried)

    assert [changed.status_code, taken.status_code] == [412, 412]
    assert office.grants(owner) == (by_others,)


async def test_two_administrators_stay(office: Office) -> None:
    carried = await office.carried(office.second, Role.ORGANISATION_ADMINISTRATOR)

    taken = await office.post(f"/{office.second.person_id}/take-away", **carried, reason="why")
    changed = await office.post(
        f"/{office.second.person_id}", **carried, role="reader", reach="all", reason="why"
    )
    own = await office.carried(office.boss, Role.ORGANISATION_ADMINISTRATOR)
    left = await office.post(f"/{office.boss.person_id}/take-away", **own)

    for answer in (taken, changed, left):
        assert answer.status_code == 422
        assert "At least two administrators have to be left" in answer.text
    with office.visits.store.read() as session:
        assert inviting.administrators(session, office.id) == 2


async def test_the_ministry_may_leave_fewer_if_it_says_why(office: Office) -> None:
    ministry = office.visits.person(Grant(role=Role.MINISTRY), name="Maija")
    office.token = office.visits.sign_in(ministry)
    carried = await office.carried(office.second, Role.ORGANISATION_ADMINISTRATOR)
    path = f"/{office.second.person_id}/take-away"

    refused = await office.post(path, **carried)
    done = await office.post(path, **carried, reason="Dismissed")

    assert refused.status_code == 422
    assert "Say why" in refused.text
    assert done.status_code == 303
    page = await office.page()
    assert "Too few administrators" in page
    assert "There is 1 administrator." in page
    organisation = await office.visits.client.get(office.path.removesuffix("/people"))
    assert "There is 1 administrator." in organisation.text


async def test_people_give_up_what_they_were_given_themselves(office: Office) -> None:
    reader = office.visits.person(office.grant(Role.READER))
    token = office.visits.sign_in(reader)
    page = (await office.visits.client.get("/manage/my-rights")).text

    answer = await office.visits.post(
        "/manage/my-rights/give-up", token, organisation_id=str(office.id), role="reader"
    )

    assert "Give this right up" in page
    assert answer.status_code == 303
    assert office.grants(reader) == ()


async def test_the_only_administrator_can_not_leave(office: Office) -> None:
    office.visits.know(office.second.model_copy(update={"grants": ()}))

    answer = await office.visits.post(
        "/manage/my-rights/give-up",
        office.token,
        organisation_id=str(office.id),
        role="organisation_administrator",
    )

    assert answer.status_code == 422
    assert "You are the only administrator" in answer.text
    assert office.grants(office.boss) != ()


async def test_somebody_who_may_not_sign_in_has_no_rights_left(office: Office) -> None:
    reader = office.visits.person(office.grant(Role.READER), name="Risto")
    token = office.visits.sign_in(office.visits.person(Grant(role=Role.MINISTRY)))
    path = f"/manage/people/{reader.person_id}"

    kept_out = await office.visits.post(f"{path}/deactivate", token, reason="Dismissed")
    page = (await office.visits.client.get("/manage/people")).text
    let_in = await office.visits.post(f"{path}/reactivate", token)

    assert [kept_out.status_code, let_in.status_code] == [303, 303]
    assert "People who may not sign in" in page
    assert "Risto" in page
    assert office.grants(reader) == ()
    with office.visits.store.read() as session:
        found = session.person(reader.person_id)
        assert found is not None
        assert found.is_active


FORMS = (
    "/invitations",
    "/invitations/{unknown}/withdraw",
    "/invitations/{unknown}/renew",
    "/undo",
    "/{person}",
    "/{person}/take-away",
)


async def answers(office: Office) -> list[httpx.Response]:
    """Return what every page and form about people answers to whoever is signed in."""
    person = office.second.person_id
    found = [await office.visits.client.get(office.path + path) for path in ("", f"/{person}")]
    for path in FORMS:
        filled = path.format(person=person, unknown=uuid4())
        found.append(await office.post(filled, before="organisation_administrator"))
    return found


async def test_others_do_not_even_learn_that_the_organisation_is_there(office: Office) -> None:
    elsewhere = Grant(
        role=Role.ORGANISATION_ADMINISTRATOR, organisation_id=office.other.organisation_id
    )
    office.token = office.visits.sign_in(office.visits.person(elsewhere))

    told = await answers(office)

    assert {answer.status_code for answer in told} == {404}
    assert not any("Cecilia" in answer.text for answer in told)


@pytest.mark.parametrize("role", [Role.SERVICE_OWNER, Role.ASSESSOR, Role.READER])
async def test_only_administrators_see_and_change_rights(office: Office, role: Role) -> None:
    office.token = office.visits.sign_in(office.visits.person(office.grant(role)))

    told = await answers(office)

    assert {answer.status_code for answer in told} == {403}
    assert not any("Cecilia" in answer.text for answer in told)


async def test_only_the_ministry_sees_its_own_people(office: Office) -> None:
    answers = [
        await office.visits.client.get("/manage/people"),
        await office.visits.post("/manage/people/invitations", office.token, email="a@b.fi"),
        await office.visits.post(
            f"/manage/people/{office.second.person_id}/deactivate", office.token
        ),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


async def test_an_administrator_of_two_organisations_keeps_them_apart(office: Office) -> None:
    """An address of one organisation never reaches invitations and people of the other."""
    other = Grant(
        role=Role.ORGANISATION_ADMINISTRATOR, organisation_id=office.other.organisation_id
    )
    stranger = office.visits.person(other.model_copy(update={"role": Role.READER}), name="Ossi")
    office.visits.know(office.boss.model_copy(update={"grants": (*office.boss.grants, other)}))
    with office.visits.store.write(TESTER) as session:
        invitation, _ = inviting.invite(
            session, email="x@example.fi", grant=other, by="tests", lifetime=timedelta(days=1)
        )

    answers = [
        await office.visits.client.get(f"{office.path}/{stranger.person_id}"),
        await office.post(f"/invitations/{invitation.invitation_id}/withdraw"),
        await office.post(f"/invitations/{invitation.invitation_id}/renew"),
        await office.post(f"/{stranger.person_id}", before="reader", role="reader", reach="all"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]


async def test_a_form_of_another_site_changes_nothing(office: Office) -> None:
    for path in FORMS:
        filled = office.path + path.format(person=office.second.person_id, unknown=uuid4())

        without_token = await office.visits.post(filled, "")
        from_elsewhere = await office.visits.client.post(
            filled,
            data={"csrf_token": office.token},
            headers={"sec-fetch-site": "cross-site", "origin": "https://elsewhere.example"},
        )

        assert [without_token.status_code, from_elsewhere.status_code] == [403, 403]


async def test_who_is_not_here_is_not_found(office: Office) -> None:
    for path in ("/no-id", f"/{uuid4()}", f"/{office.second.person_id}?role=reader"):
        answer = await office.visits.client.get(office.path + path)

        assert answer.status_code == 404


async def test_the_pages_speak_finnish_and_swedish(office: Office) -> None:
    for language, words in (("fi", "Kenellä on oikeuksia"), ("sv", "Vem som har rättigheter")):
        assert words in await office.page(f"?language={language}")
