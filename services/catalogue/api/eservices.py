"""Calls about e-services: what they are, and the settings that their organisation chooses."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.catalogue.api.conventions import (
    PROBLEMS,
    IfMatch,
    Listing,
    Page,
    actor_of,
    answer_with_etag,
    check_owner,
    check_version,
    etag,
    page_of,
    problems,
    requires,
)
from services.catalogue.api.eservice_bodies import ONLY_BY_HAND, EserviceSettings, NewEservice
from services.catalogue.domain.records import Eservice
from services.catalogue.domain.thresholds import own_threshold_errors
from services.catalogue.storage import Session, Store
from shared.errors import (
    ConflictError,
    FieldError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from shared.events import ApiKeyChanged
from shared.http import KeyRing
from shared.vocabulary import Scope


def routes(store: Store, ring: KeyRing) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/eservices", responses=PROBLEMS)
    _add_reading(router, store, ring)
    _add_writing(router, store, ring)
    return router


def _add_reading(router: APIRouter, store: Store, ring: KeyRing) -> None:
    reader = Annotated[ApiKeyChanged, Depends(requires(ring, Scope.CATALOGUE_READ))]

    @router.get("")
    def list_eservices(
        key: reader,
        wanted: Listing,
        is_open: bool | None = None,  # noqa: FBT001  a query parameter
    ) -> Page[Eservice]:
        """List e-services by id; a limited key sees its own."""
        wanted = wanted.narrowed(
            organisation_id=wanted.organisation_id or key.organisation_id,
            only=key.eservice_ids,
            is_open=is_open,
        )
        if wanted.organisation_id is not None:
            check_owner(key.model_copy(update={"eservice_ids": ()}), wanted.organisation_id)
        with store.read() as session:
            found = session.page(Eservice, wanted)
        return page_of(found, wanted, lambda one: one.eservice_id)

    @router.get("/{eservice_id}", response_model=Eservice)
    def get_eservice(
        key: reader, eservice_id: UUID, request: Request, response: Response
    ) -> Eservice | Response:
        """Return one e-service with its settings."""
        with store.read() as session:
            found = find_eservice(session, key, eservice_id)
        return answer_with_etag(request, response, found.version) or found


def _add_writing(router: APIRouter, store: Store, ring: KeyRing) -> None:
    writer = Annotated[ApiKeyChanged, Depends(requires(ring, Scope.CATALOGUE_WRITE))]

    @router.post("", status_code=201, responses=problems(409, 413))
    def post_eservice(key: writer, wish: NewEservice, response: Response) -> Eservice:
        """Enter an e-service by hand; the same id and content again changes nothing."""
        wanted = wish.eservice()
        check_owner(key, wanted.organisation_id, wanted.eservice_id)
        with store.write(actor_of(key)) as session:
            session.lock()
            held = session.eservice(wanted.eservice_id)
            if held is None:
                _check(store, session, wanted)
                held = session.add(wanted)
            elif held.model_copy(update={"version": 1, "changed_at": None}) != wanted:
                message = "this id is there already and says something else"
                raise ConflictError(message)
            else:
                response.status_code = 200
        response.headers["ETag"] = etag(held.version)
        response.headers["Location"] = f"/v1/eservices/{held.eservice_id}"
        return held

    @router.patch("/{eservice_id}", responses=problems(412, 413, 428))
    def patch_eservice(
        key: writer,
        eservice_id: UUID,
        wish: EserviceSettings,
        response: Response,
        if_match: IfMatch = None,
    ) -> Eservice:
        """Change some settings; what is left out stays. Names change only by hand-made entries."""
        with store.write(actor_of(key)) as session:
            held = find_eservice(session, key, eservice_id)
            check_version(if_match, held.version)
            if key.eservice_ids and wish.model_fields_set & ONLY_BY_HAND:
                message = "names, addresses and withdrawing need a key for the whole organisation"
                raise NotAllowedError(message)
            after = wish.applied_to(held)
            if after != held:
                _check(store, session, after, held)
                after = session.replace(after)
        response.headers["ETag"] = etag(after.version)
        return after


def find_eservice(session: Session, key: ApiKeyChanged, eservice_id: UUID) -> Eservice:
    """Return an e-service that the key is for.

    Raises `NotFoundError`, or `NotAllowedError` for somebody else's.
    """
    found = session.eservice(eservice_id)
    if found is None:
        message = f"there is no e-service {eservice_id}"
        raise NotFoundError(message)
    check_owner(key, found.organisation_id, eservice_id)
    return found


def _check(
    store: Store, session: Session, eservice: Eservice, before: Eservice | None = None
) -> None:
    errors = own_threshold_errors(before, eservice, store.national_thresholds(session))
    if session.organisation(eservice.organisation_id) is None:
        errors.append(FieldError("organisation_id", "unknown", "there is no such organisation"))
    if session.question_set(eservice.question_set_id) is None:
        errors.append(FieldError("question_set_id", "unknown", "there is no such question set"))
    if errors:
        message = "it does not fit what is there; see errors"
        raise InvalidInputError(message, errors)
