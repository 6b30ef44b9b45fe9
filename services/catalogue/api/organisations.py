"""Calls about organisations."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field
from uuid_utils.compat import uuid7

from services.catalogue.api.conventions import (
    PROBLEMS,
    Body,
    Listing,
    Names,
    Page,
    actor_of,
    answer_with_etag,
    check_owner,
    etag,
    page_of,
    problems,
    requires,
)
from services.catalogue.domain.records import Organisation, Source
from services.catalogue.storage import Store
from shared.errors import ConflictError, NotAllowedError, NotFoundError
from shared.events import ApiKeyChanged
from shared.http import KeyRing
from shared.vocabulary import Scope


class NewOrganisation(Body):
    """An organisation that is not in PTV."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "names": {"fi": "Esimerkkikunta", "sv": "Exempelkommunen"},
                    "parent_organisation_id": "0b7b6f3a-6a55-4c5e-8f0e-3a8e5b1a7a01",
                }
            ]
        }
    )

    organisation_id: UUID | None = None
    """Chosen by the sender, so that sending twice makes one; made here by default."""

    names: Names
    business_code: Annotated[str, Field(pattern=r"^[0-9]{7}-[0-9]$")] | None = None
    parent_organisation_id: UUID | None = None


def routes(store: Store, ring: KeyRing) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/organisations", responses=PROBLEMS)
    reader = Annotated[ApiKeyChanged, Depends(requires(ring, Scope.CATALOGUE_READ))]
    writer = Annotated[ApiKeyChanged, Depends(requires(ring, Scope.CATALOGUE_WRITE))]

    @router.get("")
    def list_organisations(key: reader, wanted: Listing) -> Page[Organisation]:
        """List organisations by id; a limited key sees its own."""
        if key.organisation_id is not None and wanted.organisation_id is None:
            wanted = wanted.narrowed(organisation_id=key.organisation_id)
        if wanted.organisation_id is not None:
            check_organisation(key, wanted.organisation_id)
        with store.read() as session:
            found = session.page(Organisation, wanted)
        return page_of(found, wanted, lambda one: one.organisation_id)

    @router.get("/{organisation_id}", response_model=Organisation)
    def get_organisation(
        key: reader, organisation_id: UUID, request: Request, response: Response
    ) -> Organisation | Response:
        """Return one organisation."""
        check_organisation(key, organisation_id)
        with store.read() as session:
            found = session.organisation(organisation_id)
        if found is None:
            message = f"there is no organisation {organisation_id}"
            raise NotFoundError(message)
        return answer_with_etag(request, response, found.version) or found

    @router.post("", status_code=201, responses=problems(409, 413))
    def post_organisation(key: writer, wish: NewOrganisation, response: Response) -> Organisation:
        """Enter an organisation by hand; the same id and content again changes nothing."""
        if key.organisation_id is not None:
            message = "this key belongs to one organisation, so it can't make another"
            raise NotAllowedError(message)
        wanted = Organisation(
            **wish.model_dump(exclude={"organisation_id"}),
            organisation_id=wish.organisation_id or uuid7(),
            source=Source.MANUAL,
        )
        with store.write(actor_of(key)) as session:
            session.lock()
            held = session.organisation(wanted.organisation_id)
            if held is None:
                held = session.add(wanted)
            elif not _says_the_same(held, wanted):
                message = "this id is there already and says something else"
                raise ConflictError(message)
            else:
                response.status_code = 200
        response.headers["ETag"] = etag(held.version)
        response.headers["Location"] = f"/v1/organisations/{held.organisation_id}"
        return held

    return router


def check_organisation(key: ApiKeyChanged, organisation_id: UUID) -> None:
    """Raise `NotAllowedError` if the key is limited to another organisation."""
    check_owner(key.model_copy(update={"eservice_ids": ()}), organisation_id)


def _says_the_same(held: Organisation, wanted: Organisation) -> bool:
    kept = {"version": held.version, "changed_at": held.changed_at}
    return held == wanted.model_copy(update=kept)
