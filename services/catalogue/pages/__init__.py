"""HTTP in (HTML): what people of organisations and of the ministry see and change."""

from fastapi import APIRouter
from pydantic import SecretStr

from services.catalogue.latest_events import LatestEvents
from services.catalogue.pages import (
    audit_trail,
    eservices,
    home,
    invitations,
    keys,
    organisations,
    people,
    question_sets,
    questions,
    rights,
    thresholds,
    token_secrets,
)
from services.catalogue.pages.visitors import ManagementPages
from services.catalogue.standings import Standings

__all__ = ["ManagementPages", "create_key_pages", "create_measurement_pages", "create_pages"]


def create_pages(management: ManagementPages) -> APIRouter:
    """Return the pages that show what the catalogue knows."""
    router = APIRouter()
    router.include_router(home.routes(management))
    router.include_router(audit_trail.routes(management))
    router.include_router(question_sets.routes(management))
    router.include_router(questions.routes(management))
    router.include_router(people.routes(management))
    router.include_router(rights.routes(management))
    router.include_router(invitations.routes(management))
    router.include_router(thresholds.routes(management))
    return router


def create_key_pages(management: ManagementPages, signing_secret: SecretStr) -> APIRouter:
    """Return the pages about keys, and about secrets that follow from the signing secret."""
    router = APIRouter()
    router.include_router(token_secrets.routes(management, signing_secret))
    router.include_router(keys.routes(management))
    return router


def create_measurement_pages(
    management: ManagementPages, standings: Standings, latest: LatestEvents
) -> APIRouter:
    """Return the pages that show how e-services are measured, too."""
    router = APIRouter()
    router.include_router(organisations.routes(management, standings))
    router.include_router(eservices.routes(management, standings, latest))
    return router
