"""Calls about channels: read only, because they come from PTV."""

from typing import Annotated

from fastapi import APIRouter, Depends

from services.catalogue.api.conventions import PROBLEMS, Listing, Page, page_of, requires
from services.catalogue.api.organisations import check_organisation
from services.catalogue.domain.records import Channel
from services.catalogue.storage import Store
from shared.events import ApiKeyChanged
from shared.http import KeyRing
from shared.vocabulary import Scope


def routes(store: Store, ring: KeyRing) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/channels", responses=PROBLEMS)
    reader = Annotated[ApiKeyChanged, Depends(requires(ring, Scope.CATALOGUE_READ))]

    @router.get("")
    def list_channels(key: reader, wanted: Listing) -> Page[Channel]:
        """List channels by id; a limited key sees those of its organisation."""
        if key.organisation_id is not None and wanted.organisation_id is None:
            wanted = wanted.narrowed(organisation_id=key.organisation_id)
        if wanted.organisation_id is not None:
            check_organisation(key, wanted.organisation_id)
        with store.read() as session:
            found = session.page(Channel, wanted)
        return page_of(found, wanted, lambda one: one.channel_id)

    return router
