"""The call that reads the audit trail."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from services.catalogue.api.conventions import PROBLEMS, requires
from services.catalogue.domain.audit import AuditEntry
from services.catalogue.storage import Store
from services.catalogue.storage.audit import TrailFilter
from shared.events import ApiKeyChanged
from shared.http import KeyRing
from shared.vocabulary import Scope


class TrailPage(BaseModel):
    """Some entries, and where the next ones begin."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[dict[str, Any]]
    """Entries as they are exported and hashed; `docs/audit-trail.md` describes their fields."""

    next: int | None = None
    """Send this as `after` for the next page; `null` on the last one."""


def routes(store: Store, ring: KeyRing) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/audit-trail", responses=PROBLEMS)
    reader = Annotated[ApiKeyChanged, Depends(requires(ring, Scope.AUDIT_TRAIL_READ))]

    @router.get("")
    def list_audit_trail(
        key: reader,
        after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> TrailPage:
        """List changes, the oldest first; a limited key sees what concerns what it is for."""
        wanted = TrailFilter(organisation_id=key.organisation_id, eservice_ids=key.eservice_ids)
        with store.read() as session:
            found = session.trail.oldest(wanted, after=after, limit=limit)
        return _page(found, limit)

    return router


def _page(found: list[AuditEntry], limit: int) -> TrailPage:
    shown = found[:limit]
    return TrailPage(
        items=[entry.as_json() for entry in shown],
        next=shown[-1].number if len(found) > limit else None,
    )
