"""Calls about API keys: each is shown once, when it is issued."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.catalogue.api.conventions import PROBLEMS, Body, Words, actor_of, problems, requires
from services.catalogue.domain.keys import Issued, Wish, check_grant, key_id_of
from services.catalogue.domain.records import ApiKey
from services.catalogue.issuing import issue_key, revoke_key, rotate_key
from services.catalogue.storage import Session, Store
from shared.errors import NotAllowedError, NotFoundError
from shared.events import ApiKeyChanged
from shared.http import KeyRing
from shared.vocabulary import Scope

KeyId = Annotated[str, Path(pattern=r"^[a-z0-9]{12}$")]


class NewKey(Body):
    """What a new key may do."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "label": "asiointi.example.fi",
                    "scopes": ["ratings:write", "completions:write"],
                    "organisation_id": "0b7b6f3a-6a55-4c5e-8f0e-3a8e5b1a7a01",
                }
            ]
        }
    )

    label: Annotated[Words, Field(max_length=200)] = ""
    """For people: who uses it, and where."""

    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]
    organisation_id: UUID | None = None
    eservice_ids: Annotated[tuple[UUID, ...], Field(max_length=1000)] = ()
    expires_at: AwareDatetime | None = None
    """When it ends: no later than the key that issues it, which is also the default."""


class Rotation(Body):
    """How a key is replaced."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: Annotated[int, Field(ge=0, le=720)] = 24
    """How long the old key goes on working."""


class KeyState(BaseModel):
    """A key without its secret."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    key_id: str
    label: str
    scopes: tuple[Scope, ...]
    organisation_id: UUID | None
    eservice_ids: tuple[UUID, ...]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    revoked_at: AwareDatetime | None
    state: Literal["live", "expired", "revoked"]
    last_used_at: AwareDatetime | None = None
    """When it last opened something, to the hour; `null` if it never has."""


class IssuedKey(KeyState):
    """A new key, in clear this once."""

    api_key: str
    """Keep it safe: it can't be shown again."""


def routes(store: Store, ring: KeyRing) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/keys", responses=PROBLEMS)
    keeper = Annotated[ApiKeyChanged, Depends(requires(ring, Scope.KEYS_WRITE))]

    @router.get("")
    def list_keys(key: keeper) -> list[KeyState]:
        """List keys without their secrets; a limited key sees those of its organisation."""
        with store.read() as session:
            held = session.api_keys(key.organisation_id)
            found = [one for one in held if _is_within(key, one)]
            uses = session.key_uses(one.key_id for one in found)
        return [_state(one, uses.get(one.key_id)) for one in found]

    @router.post("", status_code=201, responses=problems(409, 413))
    def post_key(
        key: keeper,
        wish: NewKey,
        response: Response,
        idempotency_key: Annotated[
            str | None,
            Header(max_length=200, description="Sent again, it does not make a second key."),
        ] = None,
    ) -> IssuedKey:
        """Issue a key. It can't do more than the key that makes it, nor live longer."""
        wanted = Wish(**{name: getattr(wish, name) for name in NewKey.model_fields})
        if wanted.organisation_id is None:
            wanted = wanted.in_organisation(key.organisation_id)
        if wanted.expires_at is None:
            wanted = wanted.ending_by(key.expires_at)
        check_grant(key, wanted)
        key_id = key_id_of(key.key_id, idempotency_key) if idempotency_key else None
        with store.write(actor_of(key)) as session:
            issued = issue_key(session, wanted, key_id=key_id)
        return _shown(issued, response)

    @router.post("/{key_id}/rotate", status_code=201, responses=problems(409, 413))
    def post_key_rotation(
        key: keeper, key_id: KeyId, response: Response, wish: Rotation | None = None
    ) -> IssuedKey:
        """Replace a key by one that may do the same; the old one ends after the overlap."""
        overlap = timedelta(hours=(wish or Rotation()).overlap_hours)
        with store.write(actor_of(key)) as session:
            held = _find(session, key, key_id)
            check_grant(key, Wish.of(held).ending_by(key.expires_at))
            issued = rotate_key(session, held, overlap, until=key.expires_at)
        return _shown(issued, response)

    @router.delete("/{key_id}", status_code=204)
    def delete_key(key: keeper, key_id: KeyId) -> None:
        """Revoke a key at once; revoking it again changes nothing."""
        with store.write(actor_of(key)) as session:
            revoke_key(session, _find(session, key, key_id))

    return router


def _find(session: Session, keeper: ApiKeyChanged, key_id: str) -> ApiKey:
    session.lock()
    found = session.api_key(key_id)
    if found is None:
        message = f"there is no key {key_id}"
        raise NotFoundError(message)
    if not _is_within(keeper, found):
        message = "this key belongs to somebody else"
        raise NotAllowedError(message)
    return found


def _is_within(keeper: ApiKeyChanged, key: ApiKey) -> bool:
    """Tell whether `key` reaches no further than the one who looks at it."""
    is_own = keeper.organisation_id in (None, key.organisation_id)
    owned = set(keeper.eservice_ids)
    return is_own and (not owned or (bool(key.eservice_ids) and set(key.eservice_ids) <= owned))


def _state(key: ApiKey, last_used_at: datetime | None) -> KeyState:
    return KeyState.model_validate(_fields(key) | {"last_used_at": last_used_at})


def _shown(issued: Issued, response: Response) -> IssuedKey:
    response.headers["Cache-Control"] = "private, no-store"
    return IssuedKey.model_validate(_fields(issued.key) | {"api_key": issued.clear})


def _fields(key: ApiKey) -> dict[str, object]:
    return key.model_dump(exclude={"secret_hash"}) | {"state": key.state(datetime.now(UTC))}
