"""Where somebody who has signed in begins: their organisations."""

from fastapi import APIRouter, Request, Response

from services.catalogue.domain.records import Organisation
from services.catalogue.pages.listing import listed, wanted_words
from services.catalogue.pages.visitors import ManagementPages
from shared.rights import Action


def routes(management: ManagementPages) -> APIRouter:
    """Return the routes."""
    router = management.router()

    @router.get("")
    def home(request: Request) -> Response:
        """List the organisations that the visitor may see; with one only, lead there."""
        visitor = management.visitor(request)
        with management.store.read() as session:
            own = [
                one
                for one in session.everything(Organisation)
                if visitor.may(Action.SEE_ORGANISATION, one.organisation_id)
            ]
        if len(own) == 1:
            return management.done(request, f"/manage/organisations/{own[0].organisation_id}")
        language = management.pages.language_of(request)
        return management.show(
            request,
            visitor,
            "home.html",
            has_any=bool(own),
            found=listed(own, request, language, lambda one: one.names),
            words=wanted_words(request),
        )

    return router
