"""Where somebody who has signed in begins: their organisations."""

from fastapi import APIRouter, Request, Response

from services.catalogue.domain.records import Organisation
from services.catalogue.pages.visitors import ManagementPages
from shared.rights import Action
from shared.vocabulary import text_in


def routes(management: ManagementPages) -> APIRouter:
    """Return the routes."""
    router = management.router()

    @router.get("")
    def home(request: Request) -> Response:
        """List the organisations that the visitor may see."""
        visitor = management.visitor(request)
        language = management.pages.language_of(request)
        with management.store.read() as session:
            found = [
                one
                for one in session.everything(Organisation)
                if visitor.may(Action.SEE_ORGANISATION, one.organisation_id)
            ]
        found.sort(key=lambda one: text_in(one.names, language).casefold())
        return management.show(request, visitor, "home.html", organisations=found)

    return router
