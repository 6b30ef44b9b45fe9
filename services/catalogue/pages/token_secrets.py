"""The secret with which an e-service signs completion tokens: shown, replaced, revoked."""

import asyncio
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import SecretStr

from services.catalogue.domain.records import Eservice
from services.catalogue.errors import PreconditionFailedError
from services.catalogue.issuing import replace_secret
from services.catalogue.pages.forms import Fields, read_reason
from services.catalogue.pages.keys import Place, place_of
from services.catalogue.pages.visitors import ManagementPages
from shared.errors import NotFoundError
from shared.tokens import derive_secret


def routes(management: ManagementPages, signing_secret: SecretStr) -> APIRouter:
    """Return the routes."""
    router = management.router("/manage/organisations/{organisation_id}/keys/secrets")
    page = _SecretPage(management, signing_secret)

    @router.get("/{eservice_id}")
    def secret(request: Request, organisation_id: UUID, eservice_id: UUID) -> Response:
        """Show the secret in force, with a form to replace it."""
        place = place_of(management, request, organisation_id)
        return page.show(request, place, eservice_id)

    @router.post("/{eservice_id}")
    async def replace(request: Request, organisation_id: UUID, eservice_id: UUID) -> Response:
        """Replace the secret, with or without an overlap."""
        place = await asyncio.to_thread(place_of, management, request, organisation_id)
        fields = await management.fields(request, place.visitor)
        return await asyncio.to_thread(page.replace, request, place, eservice_id, fields)

    return router


class _SecretPage:
    """The page of one e-service's secret."""

    def __init__(self, management: ManagementPages, signing_secret: SecretStr) -> None:
        self._management = management
        self._signing_secret = signing_secret

    def show(self, request: Request, place: Place, eservice_id: UUID) -> Response:
        """Answer with the secret."""
        eservice = _eservice(place, eservice_id)
        return self._management.show(
            request,
            place.visitor,
            "token_secret.html",
            place=place,
            organisation=place.organisation,
            eservice=eservice,
            secret=derive_secret(
                self._signing_secret.get_secret_value(),
                eservice_id,
                eservice.token_secret_version,
            ),
        )

    def replace(
        self, request: Request, place: Place, eservice_id: UUID, fields: Fields
    ) -> Response:
        """Replace the secret that the form was made from."""
        is_old_revoked = fields.get("do") == "revoke"
        with self._management.store.write(place.visitor.actor(read_reason(fields))) as session:
            session.lock()
            held = session.eservice(_eservice(place, eservice_id).eservice_id)
            if held is None or str(held.token_secret_version) != fields.get("version"):
                message = "the secret has been replaced since; open the page again"
                raise PreconditionFailedError(message)
            replace_secret(session, held, is_old_revoked=is_old_revoked)
        path = f"{place.path}/secrets/{eservice_id}"
        return self._management.done(request, path, "revoked" if is_old_revoked else "replaced")


def _eservice(place: Place, eservice_id: UUID) -> Eservice:
    for eservice in place.eservices:
        if eservice.eservice_id == eservice_id:
            return eservice
    message = "there is no such e-service, or it is none of yours"
    raise NotFoundError(message)
