"""HTTP in: what organisations and operators manage themselves, with a key that has the scope."""

from fastapi import APIRouter
from pydantic import SecretStr

from services.catalogue.api import (
    audit_trail,
    channels,
    eservices,
    keys,
    organisations,
    question_sets,
    thresholds,
)
from services.catalogue.api import token_secrets as tokens
from services.catalogue.storage import Store
from shared.http import KeyRing

__all__ = ["create_router"]


def create_router(store: Store, ring: KeyRing, signing_secret: SecretStr) -> APIRouter:
    """Return all routes of the catalogue."""
    router = APIRouter(prefix="/v1")
    router.include_router(organisations.routes(store, ring))
    router.include_router(channels.routes(store, ring))
    router.include_router(eservices.routes(store, ring))
    router.include_router(tokens.routes(store, ring, signing_secret))
    router.include_router(question_sets.routes(store, ring))
    router.include_router(keys.routes(store, ring))
    router.include_router(thresholds.routes(store, ring))
    router.include_router(audit_trail.routes(store, ring))
    return router
