"""API keys: made here, shown once, kept as a hash."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from services.catalogue.domain.records import ApiKey
from shared.errors import FieldError, InvalidInputError, NotAllowedError
from shared.events import ApiKeyChanged
from shared.http import hash_secret
from shared.vocabulary import Scope

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_KEY_ID_CHARACTERS = 12
_SECRET_BYTES = 32
LONGEST_LIFE = timedelta(days=3_660)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants a key to be allowed to do."""

    label: str
    scopes: Sequence[Scope]
    organisation_id: UUID | None = None
    eservice_ids: Sequence[UUID] = ()
    expires_at: datetime | None = None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """Return what `key` may do, as a wish for another one."""
        return cls(
            label=key.label,
            scopes=key.scopes,
            organisation_id=key.organisation_id,
            eservice_ids=key.eservice_ids,
            expires_at=key.expires_at,
        )

    def in_organisation(self, organisation_id: UUID | None) -> Self:
        """Return the same wish, limited to an organisation."""
        return replace(self, organisation_id=organisation_id)

    def ending_by(self, end: datetime | None) -> Self:
        """Return the same wish for a key that ends then, if it would not end before."""
        if end is None or (self.expires_at is not None and self.expires_at <= end):
            return self
        return replace(self, expires_at=end)


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A new key and, this once, the key in clear."""

    key: ApiKey
    clear: str


def issue(wish: Wish, now: datetime, *, key_id: str | None = None) -> Issued:
    """Make a key. Raises `InvalidInputError` for one that could never be used."""
    if not wish.scopes:
        _refuse("scopes", "missing", "a key needs at least one scope")
    if wish.expires_at is not None and wish.expires_at <= now:
        _refuse("expires_at", "past", "the key would have expired already")
    if wish.expires_at is not None and wish.expires_at > now + LONGEST_LIFE:
        _refuse("expires_at", "too_far", f"a key lives {LONGEST_LIFE.days} days at most")
    return _made(wish, now, key_id or new_key_id(), new_secret())


def with_secret(wish: Wish, now: datetime, clear: str) -> Issued:
    """Make the key that `clear` spells, for a development key that outlives its store."""
    _, key_id, secret = clear.split("_", 2)
    return _made(wish, now, key_id, secret)


def _made(wish: Wish, now: datetime, key_id: str, secret: str) -> Issued:
    key = ApiKey(
        key_id=key_id,
        label=wish.label,
        secret_hash=hash_secret(secret),
        scopes=tuple(sorted(set(wish.scopes))),
        organisation_id=wish.organisation_id,
        eservice_ids=tuple(sorted(set(wish.eservice_ids))),
        created_at=now,
        expires_at=wish.expires_at,
    )
    return Issued(key=key, clear=f"arvio_{key_id}_{secret}")


def rotate(
    key: ApiKey, now: datetime, overlap: timedelta, *, until: datetime | None = None
) -> tuple[ApiKey, Issued]:
    """Return the old key, which ends after `overlap`, and a new one that may do the same.

    The new one ends when the old one would have, or `until` then if that is earlier.
    Raises `InvalidInputError` for a key that has ended.
    """
    if key.state(now) != "live":
        _refuse("key_id", "ended", "the key has been revoked or has expired; issue a new one")
    end = now + overlap
    old = key.model_copy(
        update={"expires_at": end if key.expires_at is None else min(end, key.expires_at)}
    )
    return old, issue(Wish.of(key).ending_by(until), now)


def check_grant(giver: ApiKeyChanged, wish: Wish) -> None:
    """Raise `NotAllowedError` if `giver` would hand on more than it has itself.

    Raises `InvalidInputError` for a key that would outlive it.
    """
    beyond = sorted(set(wish.scopes) - set(giver.scopes))
    if beyond:
        message = f"your own key lacks {', '.join(beyond)}, so it can't give it"
        raise NotAllowedError(message)
    if giver.organisation_id is not None and wish.organisation_id != giver.organisation_id:
        message = "your key can only make keys of its own organisation"
        raise NotAllowedError(message)
    if giver.eservice_ids and not _is_within(wish.eservice_ids, giver.eservice_ids):
        message = "your key can only make keys for its own e-services"
        raise NotAllowedError(message)
    if wish.ending_by(giver.expires_at) != wish:
        end = giver.expires_at
        message = f"your own key ends at {end:%Y-%m-%dT%H:%M:%SZ}, so the new one can't end later"
        _refuse("expires_at", "outlives", message)


def _is_within(wished: Collection[UUID], owned: Collection[UUID]) -> bool:
    return bool(wished) and set(wished) <= set(owned)


def new_key_id() -> str:
    """Return a random key id: 12 lower-case letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_KEY_ID_CHARACTERS))


def key_id_of(giver_key_id: str, idempotency_key: str) -> str:
    """Return the id of the key that this sender makes under this `Idempotency-Key`.

    The same request again meets the key that is there, and no second one comes to be.
    """
    number = int.from_bytes(
        hashlib.sha256(f"{giver_key_id}:{idempotency_key}".encode()).digest(), "big"
    )
    characters = []
    for _ in range(_KEY_ID_CHARACTERS):
        number, digit = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[digit])
    return "".join(characters)


def new_secret() -> str:
    """Return 256 random bits as text, without the character that parts a key."""
    return secrets.token_urlsafe(_SECRET_BYTES).replace("_", "-")


def _refuse(field: str, code: str, message: str) -> None:
    raise InvalidInputError(message, [FieldError(field=field, code=code, message=message)])
