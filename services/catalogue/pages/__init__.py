"""HTTP in (HTML): what people of organisations and of the ministry see and change."""

from fastapi import APIRouter

from services.catalogue.pages import (
    audit_trail,
    home,
    invitations,
    people,
    question_sets,
    questions,
    rights,
)
from services.catalogue.pages.visitors import ManagementPages

__all__ = ["ManagementPages", "create_pages"]


def create_pages(management: ManagementPages) -> APIRouter:
    """Return all pages of the catalogue."""
    router = APIRouter()
    router.include_router(home.routes(management))
    router.include_router(audit_trail.routes(management))
    router.include_router(question_sets.routes(management))
    router.include_router(questions.routes(management))
    router.include_router(people.routes(management))
    router.include_router(rights.routes(management))
    router.include_router(invitations.routes(management))
    return router
