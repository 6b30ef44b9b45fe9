"""HTTP in (HTML): what people of organisations and of the ministry see and change."""

from fastapi import APIRouter

from services.catalogue.pages import home
from services.catalogue.pages.visitors import ManagementPages

__all__ = ["ManagementPages", "create_pages"]


def create_pages(management: ManagementPages) -> APIRouter:
    """Return all pages of the catalogue."""
    router = APIRouter()
    router.include_router(home.routes(management))
    return router
