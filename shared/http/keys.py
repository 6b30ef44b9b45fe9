"""API keys, checked in memory: `Authorization: Bearer arvio_<key_id>_<secret>`."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.errors import NotAllowedError, NotAuthenticatedError
from shared.events import ApiKeyChanged
from shared.vocabulary import Scope

PREFIX = "arvio"

_BETWEEN_USES = timedelta(hours=1)


def hash_secret(secret: str) -> str:
    """Return what is stored of a key's secret part.

    A plain SHA-256 is enough: the secret is 256 random bits, so it can't be guessed.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


class KeyRing:
    """All API keys that have been issued, as their topic tells."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKeyChanged] = {}
        self._noted: dict[str, datetime] = {}
        self._uses: dict[str, datetime] = {}

    def on_api_key_changed(self, event: ApiKeyChanged) -> None:
        """Put the key's present state in place of the one before."""
        self._keys[event.key_id] = event

    def take_uses(self) -> dict[str, datetime]:
        """Return when keys were used that this has not told yet: of each key one use an hour."""
        uses, self._uses = self._uses, {}
        return uses

    def put_back(self, uses: Mapping[str, datetime]) -> None:
        """Take uses back that could not be told, so that they are told later."""
        self._uses = {**uses, **self._uses}

    def authorise(
        self,
        authorization: str | None,
        scope: Scope,
        *,
        organisation_id: UUID | None = None,
        eservice_id: UUID | None = None,
    ) -> ApiKeyChanged:
        """Return the key that was sent if it may do `scope` to what is named.

        Name the organisation and, where there is one, the e-service that the call
        is about. Raises `NotAuthenticatedError` for no valid key, `NotAllowedError`
        for a valid one without the right.
        """
        key = self._authenticate(authorization)
        if scope not in key.scopes:
            message = f"this key does not have the scope {scope}"
            raise NotAllowedError(message)
        if key.organisation_id is not None and organisation_id not in (None, key.organisation_id):
            message = "this key belongs to another organisation"
            raise NotAllowedError(message)
        if key.eservice_ids and eservice_id is not None and eservice_id not in key.eservice_ids:
            message = "this key is not for this e-service"
            raise NotAllowedError(message)
        return key

    def _authenticate(self, authorization: str | None) -> ApiKeyChanged:
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token:
            message = "send an API key: Authorization: Bearer arvio_…"
            raise NotAuthenticatedError(message)
        prefix, _, rest = token.strip().partition("_")
        key_id, _, secret = rest.partition("_")
        key = self._keys.get(key_id)
        # Unknown, wrong, revoked and expired are told apart only to the key's holder.
        if (
            prefix != PREFIX
            or key is None
            or not hmac.compare_digest(key.secret_hash, hash_secret(secret))
        ):
            message = "the API key is not known"
            raise NotAuthenticatedError(message)
        now = datetime.now(UTC)
        if key.revoked_at is not None and key.revoked_at <= now:
            message = "the API key has been revoked"
            raise NotAuthenticatedError(message)
        if key.expires_at is not None and key.expires_at <= now:
            message = "the API key has expired"
            raise NotAuthenticatedError(message)
        noted = self._noted.get(key_id)
        if noted is None or now - noted >= _BETWEEN_USES:
            self._noted[key_id] = self._uses[key_id] = now
        return key
