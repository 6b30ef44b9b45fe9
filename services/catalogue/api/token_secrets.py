"""Calls about the secret with which an e-service signs completion tokens itself."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, SecretStr

from services.catalogue.api.conventions import (
    PROBLEMS,
    Body,
    IfMatch,
    actor_of,
    check_version,
    etag,
    problems,
    requires,
)
from services.catalogue.api.eservices import find_eservice
from services.catalogue.domain.records import Eservice
from services.catalogue.issuing import replace_secret
from services.catalogue.storage import Store
from shared.events import ApiKeyChanged
from shared.http import KeyRing
from shared.tokens import derive_secret
from shared.vocabulary import Scope


class TokenSecret(BaseModel):
    """What signs completion tokens (JWT) of one e-service."""

    eservice_id: UUID
    token_secret_version: int
    secret: str
    algorithm: Literal["HS256"] = "HS256"


class SecretRotation(Body):
    """How a secret is replaced."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_old_revoked": False}]})

    is_old_revoked: bool = False
    """After a leak: tokens signed with the secret before it are refused at once, too."""


def routes(store: Store, ring: KeyRing, signing_secret: SecretStr) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/eservices/{eservice_id}/token-secret", responses=PROBLEMS)
    writer = Annotated[ApiKeyChanged, Depends(requires(ring, Scope.CATALOGUE_WRITE))]

    def answer(eservice: Eservice, response: Response) -> TokenSecret:
        response.headers.update(
            {"ETag": etag(eservice.version), "Cache-Control": "private, no-store"}
        )
        return TokenSecret(
            eservice_id=eservice.eservice_id,
            token_secret_version=eservice.token_secret_version,
            secret=derive_secret(
                signing_secret.get_secret_value(),
                eservice.eservice_id,
                eservice.token_secret_version,
            ),
        )

    @router.get("")
    def get_token_secret(key: writer, eservice_id: UUID, response: Response) -> TokenSecret:
        """Return the secret in force."""
        with store.read() as session:
            found = find_eservice(session, key, eservice_id)
        return answer(found, response)

    @router.post("/rotate", responses=problems(412, 413, 428))
    def rotate_token_secret(
        key: writer,
        eservice_id: UUID,
        response: Response,
        wish: SecretRotation | None = None,
        if_match: IfMatch = None,
    ) -> TokenSecret:
        """Replace the secret; tokens signed with the one before it are accepted until the next.

        Unless the old one is revoked with it, as after a leak.
        """
        with store.write(actor_of(key)) as session:
            held = find_eservice(session, key, eservice_id)
            check_version(if_match, held.version)
            is_old_revoked = wish is not None and wish.is_old_revoked
            after = replace_secret(session, held, is_old_revoked=is_old_revoked)
        return answer(after, response)

    return router
