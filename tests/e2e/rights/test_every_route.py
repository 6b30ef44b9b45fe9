"""No page and no call tells one organisation's people what another one has not published.

Every route of every program, and of the operators' page that the embedded mode adds, is
walked as every kind of visitor, with the ids of two organisations; as somebody of some
e-services alone with those of the others, too. The routes come from the programs: one
that is added is walked, too.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from services.catalogue.domain import keys
from services.catalogue.domain.records import Person
from services.catalogue.storage import Store, create_engine, tables
from shared.rights import Grant, Role
from shared.vocabulary import Scope
from tests.e2e.rights.forms import body_of, forms_of
from tests.e2e.rights.organisations import Side, Walker, make_side, signing_secret_of
from tests.e2e.rights.routes import Call, every_call
from tests.support.actors import TESTER
from tests.support.stack import Stack
from tests.support.waiting import eventually_sync

SEE_OTHER = 303
SERVER_FAULT = 500
REFUSED = {401, 403, 404, 405, 422}

OF_PUBLISHED: Mapping[str, str] = {
    "GET /e-services/{eservice_id}": "the page of its score",
    "GET /v1/published/eservices/{eservice_id}": "the same for programs",
    "GET /v1/published/eservices/{eservice_id}/badge.svg": "the same as a picture",
    "GET /v1/published/eservices/{eservice_id}/stream": "the same as it changes",
    "GET /v1/eservices/{eservice_id}/score": "the same, withheld below the threshold",
    "GET /v1/eservices/{eservice_id}/ratings/series": "the same, period by period",
}
"""What everybody may ask about an e-service that is published, and why."""

PUBLIC: Mapping[str, str] = {
    "GET /v1/organisations/{organisation_id}": "who provides e-services, as PTV tells everybody",
    "GET /r/{eservice_id}": "whoever has been at an open e-service is asked to rate it",
    "POST /r/{eservice_id}": "they answer",
    "GET /r/{eservice_id}/thanks": "they are thanked",
    "GET /r/{eservice_id}/qr.svg": "a picture of that page's address",
    "GET /v1/eservices/{eservice_id}/widget": "the same question in the e-service's own page",
    "OPTIONS /v1/eservices/{eservice_id}/widget": "a browser asks whether it may",
}
"""What everybody may ask about any organisation's ids, and why."""

OPERATORS: Mapping[str, str] = {
    "GET /operators": "whoever opens it runs the machine: embedded mode, on loopback (0026)",
    "GET /operators/live": "the same as it changes",
}
"""What names e-services that are not published to whoever can open it, and why."""

ASKED = {
    "GET /r/{eservice_id}",
    "POST /r/{eservice_id}",
    "GET /r/{eservice_id}/thanks",
    "GET /v1/eservices/{eservice_id}/widget",
}
"""Where whoever rates an open e-service reads its name and question, published or not."""

OF_MINISTRY = re.compile(
    r"/manage/(organisations/\{organisation_id\}/)?(people|keys|my-rights)\b"
    r"|/manage/(question-sets|thresholds|ptv-imports)\b"
)
"""Forms of what the ministry may change, which are not sent as the ministry."""

NATIONAL: Mapping[str, tuple[str, ...]] = {
    "question_set_id": ("base",),
    "token": ("no-invitation",),
    "digest": ("0123456789abcdef",),
    "form": ("csv",),
    "what": ("replace", "revoke"),
    "run_id": ("01a20efc-d9d9-7759-9080-3888356fd58d",),
    "began_at": ("2026-11-24T10:00:00Z",),
}
"""What addresses name besides an organisation's ids: the same for all, or nobody's."""

GENERIC = {
    "version": "1",
    "name": "walked",
    "email": "walked@example.fi",
    "role": "reader",
    "before": "reader",
    "reach": "all",
    "reason": "walked",
}
"""What a form brings along that no page shows to whoever may use it."""

SHOWN_LATER: Mapping[str, Mapping[str, str]] = {
    "/manage/e-services/{eservice_id}/restore": {},
    "/manage/e-services/{eservice_id}/undo": {"entry": "1"},
    "/manage/organisations/{organisation_id}/people/undo": {"undo": "nothing"},
    "/manage/people/undo": {"undo": "nothing"},
    "/manage/people/invitations/{invitation_id}/renew": {},
    "/manage/people/invitations/{invitation_id}/withdraw": {},
    "/manage/people/{person_id}/reactivate": {},
    "/manage/people/{person_id}/take-away": {"before": "ministry", "seen": "nothing"},
    "/invitations/{token}": {},
    "/sign-in/development": {},
}
"""Forms that a page shows only once something has happened, and what they carry."""

OWN_TABLES = {"outbox", "key_uses"}
"""What changes with time, whoever does what."""


NEVER_NATIONAL = {
    "comment",
    "subject of a person",
    "hash of a key",
    "link of an invitation",
    "hash of an invitation's link",
}
"""What not even the ministry reads, of all that an organisation has."""

OF_ONE = {
    *("actor's name", "reason of a change"),
    *(
        f"{where} of the hidden e-service"
        for where in (
            *("origin", "name", "description", "address", "own question"),
            "secret of completion tokens",
        )
    ),
}
"""What somebody of the hidden e-service alone may read of their own organisation."""


class Unknown(NamedTuple):
    """What a walker may neither read nor change."""

    ids: set[str]
    secret: dict[str, str]
    asked: dict[str, str]


@dataclass(frozen=True)
class World:
    """A running stack, two organisations in it, and who walks about."""

    stack: Stack
    store: Store
    own: Side
    foreign: Side
    walkers: dict[str, Walker]
    calls: list[Call]
    document: dict[str, Any]
    forms: dict[str, list[dict[str, str]]]
    """What pages fill in for whoever may use their forms, by route; one for each button."""

    def unknown_to(self, walker: Walker) -> Unknown:
        """Return what is not a walker's."""
        markers, asked = self.foreign.markers.secret, self.foreign.markers.asked
        ids = self.foreign.ids.texts
        if walker.name == "ministry":
            return Unknown(ids, {m: w for m, w in markers.items() if w in NEVER_NATIONAL}, {})
        if not walker.name.endswith("of one"):
            return Unknown(ids, markers, asked)
        others = {str(self.own.ids.eservice_ids[name]) for name in ("measured", "published")}
        secret = {m: w for m, w in self.own.markers.secret.items() if w not in OF_ONE}
        return Unknown(ids | others, markers | secret, asked | self.own.markers.asked)


PEOPLE = {
    "administrator": (Role.ORGANISATION_ADMINISTRATOR, ()),
    "owner of one": (Role.SERVICE_OWNER, ("hidden",)),
    "assessor": (Role.ASSESSOR, ()),
    "reader of one": (Role.READER, ("hidden",)),
}
WALKERS = (
    *("nobody", *PEOPLE, "ministry", "no rights", "kept out"),
    *("key", "key of one", "revoked key"),
)


@pytest.fixture(scope="module")
def world(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    engine = create_engine(f"sqlite:///{stack.var_dir / 'catalogue.sqlite3'}")
    store = Store(engine)
    own, foreign = (make_side(store, owner, signing_secret_of(stack)) for owner in ("o", "f"))
    calls = every_call(tmp_path_factory.mktemp("routes"))
    unknown = {name for call in calls for name in call.parameters} - {*_values(own), *NATIONAL}
    assert not unknown, f"say in NATIONAL or in _values what {unknown} stand for"
    with stack.client() as client:
        document = client.get("/openapi.json").json()
        _rate(client, own)
        _rate(client, foreign)
        walkers = _walkers(stack, store, own, foreign)
        insiders = (Walker("insider", stack, foreign.administrator), walkers["ministry"])
        forms = _forms(client, calls, foreign, insiders)
    yield World(stack, store, own, foreign, walkers, calls, document, forms)
    engine.dispose()


def _person(store: Store, *grants: Grant, is_active: bool = True) -> Person:
    person = Person(
        person_id=uuid4(),
        issuer="tests",
        subject=uuid4().hex,
        name="Walker",
        grants=grants,
        is_active=is_active,
        created_at=datetime.now(UTC),
    )
    with store.write(TESTER) as session:
        return session.add(person)


def _walkers(stack: Stack, store: Store, own: Side, foreign: Side) -> dict[str, Walker]:
    """Return everybody who walks: people and keys of the own organisation, and nobody."""
    found = {"nobody": Walker("nobody", stack), "key": Walker("key", stack, key=own.key)}
    for name, (role, eservices) in PEOPLE.items():
        found[name] = Walker(name, stack, _person(store, own.grant(role, *eservices)))
    found["ministry"] = Walker("ministry", stack, _person(store, Grant(role=Role.MINISTRY)))
    found["no rights"] = Walker("no rights", stack, _person(store))
    in_charge = foreign.grant(Role.ORGANISATION_ADMINISTRATOR)
    kept_out = _person(store, in_charge, is_active=False)
    found["kept out"] = Walker("kept out", stack, kept_out)
    for name, side, is_revoked in (("key of one", own, False), ("revoked key", foreign, True)):
        wish = keys.Wish(
            label="walker",
            scopes=tuple(Scope),
            organisation_id=side.ids.organisation_id,
            eservice_ids=[side.ids.eservice_ids["hidden"]] if not is_revoked else (),
        )
        issued = keys.issue(wish, datetime.now(UTC))
        revoked_at = datetime.now(UTC) if is_revoked else None
        with store.write(TESTER) as session:
            session.add(issued.key.model_copy(update={"revoked_at": revoked_at}))
        found[name] = Walker(name, stack, key=issued.clear)
    return found


def _rate(client: httpx.Client, side: Side) -> None:
    """Leave a comment at the e-service that is measured and not published."""
    comment = side.markers.new("comment")
    with_key = {"Authorization": f"Bearer {side.key}"}
    eservice_id = side.ids.eservice_ids["measured"]
    rating = {
        "rating_id": str(uuid4()),
        "eservice_id": str(eservice_id),
        "question_id": "own",
        "stars": 4,
        "comment": comment,
        "language": "fi",
    }
    eventually_sync(
        lambda: (
            client.post("/v1/ratings/batch", json=[rating], headers=with_key).json()["accepted"]
            == 1
        ),
        saying="the e-service takes a rating",
    )
    eventually_sync(
        lambda: (
            comment in client.get(f"/v1/eservices/{eservice_id}/comments", headers=with_key).text
        ),
        saying="its own organisation reads the comment",
    )


# ---------------------------------------------------------------- what is sent


def _values(side: Side) -> dict[str, list[str]]:
    """Return what the names in addresses may stand for at one organisation."""
    ids = side.ids
    return {
        "organisation_id": [str(ids.organisation_id)],
        "eservice_id": [str(eservice_id) for eservice_id in ids.eservice_ids.values()],
        "key_id": [ids.key_id],
        "person_id": [str(ids.person_id)],
        "invitation_id": [str(ids.invitation_id)],
    }


def _fillings(world: World, walker: Walker, call: Call) -> Iterator[dict[str, str]]:
    """Yield the address of a call filled in with every mixture of own and foreign ids."""
    own, foreign = _values(world.own), _values(world.foreign)
    unknown = world.unknown_to(walker).ids
    choices = [
        NATIONAL[name]
        if name in NATIONAL
        else (own[name][0], *(one for one in own[name][1:] if one in unknown), *foreign[name])
        for name in call.parameters
    ]
    for chosen in itertools.product(*choices):
        yield dict(zip(call.parameters, chosen, strict=True))


def _addresses(side: Side, call: Call) -> Iterator[str]:
    """Yield every address of a call at one organisation alone."""
    values = {**_values(side), **NATIONAL}
    for chosen in itertools.product(*(values[name] for name in call.parameters)):
        yield call.filled(dict(zip(call.parameters, chosen, strict=True)))


def _forms(
    client: httpx.Client, calls: list[Call], side: Side, insiders: tuple[Walker, ...]
) -> dict[str, list[dict[str, str]]]:
    """Return what the pages of those who may use them fill into each form, by route."""
    patterns = {
        call.path: re.compile(re.sub(r"\{\w+\}", "[^/]+", call.path))
        for call in calls
        if call.method == "POST"
    }
    found: dict[str, list[dict[str, str]]] = {}
    for page in _pages(client, calls, side, insiders):
        for form in forms_of(page):
            for path, pattern in patterns.items():
                if pattern.fullmatch(form.action):
                    known = found.setdefault(path, [])
                    for sent in form.sent():
                        sent.pop("csrf_token", None)
                        known += [sent] if sent not in known else []
    return found


def _pages(
    client: httpx.Client, calls: list[Call], side: Side, insiders: tuple[Walker, ...]
) -> Iterator[str]:
    """Yield what everything that can be read at one organisation says to its insiders."""
    for insider, call in itertools.product(insiders, calls):
        if call.method == "GET" and not call.path.endswith("/stream"):
            for path in _addresses(side, call):
                yield client.get(path, headers=insider.headers()).text


def _sent(
    world: World, walker: Walker, call: Call, ids: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield bodies of a call that changes something, with ids that are not the walker's."""
    described = world.document["paths"].get(call.path, {}).get(call.method.lower(), {})
    if described:
        content = described.get("requestBody", {}).get("content", {})
        schema = next((one["schema"] for one in content.values() if "schema" in one), None)
        body = body_of(schema, world.document, ids) if schema is not None else None
        yield {"json": body, "headers": {**walker.headers(), "If-Match": "*"}}
        return
    for shown in world.forms.get(call.path, [SHOWN_LATER.get(call.path, {})]):
        headers, token = walker.signed()
        fields = {name: _without_markers(world, value) for name, value in shown.items()}
        yield {"data": {**GENERIC, **ids, **fields, "csrf_token": token}, "headers": headers}


def _without_markers(world: World, value: str) -> str:
    """Return a field without what the walker could not know, which a refusal might repeat."""
    markers = {**world.foreign.markers.secret, **world.foreign.markers.asked}
    return "walked" if any(marker in value for marker in markers) else value


# ---------------------------------------------------------------- what is found


def _state(world: World, walker: Walker) -> list[str]:
    """Return every row that is about what is not the walker's, or the nation's."""
    found = []
    ids = world.unknown_to(walker).ids
    with world.store._engine.connect() as connection:  # noqa: SLF001  nobody else reads it all
        for name, table in tables.metadata.tables.items():
            if name in OWN_TABLES:
                continue
            for row in connection.execute(select(table)).mappings():
                text = json.dumps(dict(row), default=str, sort_keys=True)
                is_national = name in {"question_sets", "thresholds"}
                if is_national or any(one in text for one in ids):
                    found.append(f"{name}: {text}")
    return sorted(found)


class Request(NamedTuple):
    """One request of the walk."""

    call: Call
    filling: Mapping[str, str]
    sent: Mapping[str, Any]

    @property
    def path(self) -> str:
        """The address."""
        return self.call.filled(dict(self.filling))


def _faults(
    world: World, walker: Walker, request: Request, answer: httpx.Response, body: str
) -> Iterator[str]:
    """Yield what is wrong with an answer to somebody who may not know what is asked about."""
    name = f"{request.call.method} {request.call.path}"
    told = f"{body}\n{answer.headers}"
    unknown = world.unknown_to(walker)
    unpublished = unknown.secret if name in ASKED else {**unknown.secret, **unknown.asked}
    for marker, where in unpublished.items():
        if marker in told and name not in OPERATORS:
            yield f"tells the {where}"
    status = answer.status_code
    if status >= SERVER_FAULT:
        yield f"fails with {status}"
    is_foreign = any(value in unknown.ids for value in request.filling.values())
    leads_to_sign_in = status == SEE_OTHER and answer.headers["location"].startswith("/sign-in")
    is_published = request.filling.get("eservice_id") in {
        str(side.ids.eservice_ids["published"]) for side in (world.own, world.foreign)
    }
    is_public = name in PUBLIC or (name in OF_PUBLISHED and is_published)
    may_look = walker.name == "ministry" and not request.call.changes
    if (
        is_foreign
        and not may_look
        and not is_public
        and status not in REFUSED
        and not leads_to_sign_in
    ):
        yield f"answers {status}"


def _requests(world: World, walker: Walker, call: Call) -> Iterator[Request]:
    """Yield every request of one call."""
    foreign = {name: ids[0] for name, ids in _values(world.foreign).items()}
    bodies = [foreign]
    if walker.name.endswith("of one"):
        own = {name: ids[0] for name, ids in _values(world.own).items()}
        bodies.append({**own, "eservice_id": str(world.own.ids.eservice_ids["measured"])})
    unknown = world.unknown_to(walker).ids
    for filling in _fillings(world, walker, call):
        names_foreign = any(value in unknown for value in filling.values())
        if not call.changes:
            for ids in [{}] if names_foreign else bodies:
                yield Request(call, filling, {"params": ids, "headers": walker.headers()})
        elif walker.name == "ministry" and OF_MINISTRY.match(call.path):
            continue
        elif names_foreign or not filling.keys() - {"organisation_id", *NATIONAL}:
            # With own ids alone nothing in it would be about anybody else.
            for ids in bodies:
                for sent in _sent(world, walker, call, ids):
                    yield Request(call, filling, sent)


def _walk(world: World, walker: Walker, client: httpx.Client) -> Iterator[str]:
    """Make every request there is; yield what is wrong with the answers."""
    for call in world.calls:
        for request in _requests(world, walker, call):
            with client.stream(call.method, request.path, **request.sent) as answer:
                is_endless = answer.headers.get("content-type", "").startswith("text/event-stream")
                told = "" if is_endless else answer.read().decode(errors="replace")
                for fault in _faults(world, walker, request, answer, told):
                    yield f"{call.method} {request.path} as {walker.name} {fault}"
                is_misunderstood = call.changes and "breaks the contract" in told
                if walker.name == "key" and is_misunderstood:
                    yield f"{call.method} {request.path} is not sent what it takes: {told[:300]}"


def _may_still_see(world: World, walker: Walker, client: httpx.Client) -> bool:
    """Tell whether a walker is still who they were: or nothing would have been shown."""
    ids = world.own.ids
    path = f"/manage/organisations/{ids.organisation_id}"
    if walker.key is not None:
        path = f"/v1/eservices/{ids.eservice_ids['hidden']}"
    return client.get(path, headers=walker.headers()).status_code == 200


@pytest.mark.parametrize("name", WALKERS)
def test_what_is_not_theirs_stays_unknown_and_unchanged(world: World, name: str) -> None:
    walker = world.walkers[name]
    before = _state(world, walker)

    with world.stack.client() as client:
        faults = sorted(set(_walk(world, walker, client)))
        is_itself = _may_still_see(world, walker, client)

    assert not faults, "\n".join(faults)
    assert _state(world, walker) == before
    assert is_itself == (name not in {"nobody", "no rights", "kept out", "revoked key"})


def test_the_foreign_organisation_itself_reads_what_nobody_else_may(world: World) -> None:
    """What is looked for is there to be found: names, people, keys, comments, reasons."""
    insiders = (
        Walker("insider", world.stack, world.foreign.administrator),
        Walker("key", world.stack, key=world.foreign.key),
    )
    with world.stack.client() as client:
        told = "\n".join(_pages(client, world.calls, world.foreign, insiders))

    markers = world.foreign.markers
    never_shown = {
        where
        for marker, where in {**markers.secret, **markers.asked}.items()
        if marker not in told
    }
    assert never_shown == NEVER_NATIONAL - {"comment"}


def test_what_is_told_to_be_public_is_there(world: World) -> None:
    names = {f"{call.method} {call.path}" for call in world.calls}

    assert {*PUBLIC, *OF_PUBLISHED, *OPERATORS} - names == set()
    assert set(PUBLIC) >= ASKED


def test_every_route_that_changes_something_is_sent_what_it_takes(world: World) -> None:
    """Forms that no page shows would be refused for what they lack, and show nothing."""
    described = world.document["paths"]
    without = [
        f"{call.method} {call.path}"
        for call in world.calls
        if call.changes and call.path not in {*described, *world.forms, *SHOWN_LATER}
    ]

    assert not without, "\n".join(without)
