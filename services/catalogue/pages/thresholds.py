"""How many ratings it takes until the public hears numbers: what holds, what has held, a form."""

import asyncio

from fastapi import APIRouter, Request, Response

from services.catalogue.domain.records import Thresholds
from services.catalogue.errors import PreconditionFailedError
from services.catalogue.pages.forms import Fields, read_reason
from services.catalogue.pages.visitors import ManagementPages, Visitor
from shared.events.catalogue import MAX_MIN_RATINGS
from shared.rights import Action

_PATH = "/manage/thresholds"
_MOST_DIGITS = 6


def routes(management: ManagementPages) -> APIRouter:
    """Return the routes."""
    router = management.router(_PATH)
    page = _ThresholdsPage(management)

    @router.get("")
    def thresholds(request: Request) -> Response:
        """Show what holds for all e-services, and to the ministry a form."""
        return page.show(request, management.visitor(request))

    @router.post("")
    async def change(request: Request) -> Response:
        """Set what holds from now on."""
        visitor = await asyncio.to_thread(management.visitor, request)
        fields = await management.fields(request, visitor)
        visitor.require(Action.CHANGE_THRESHOLDS)
        return await asyncio.to_thread(page.take, request, visitor, fields)

    return router


class _ThresholdsPage:
    def __init__(self, management: ManagementPages) -> None:
        self._management = management

    def show(self, request: Request, visitor: Visitor, entered: Fields | None = None) -> Response:
        """Answer with the page; with what was entered where that can't be."""
        store = self._management.store
        with store.read() as session:
            history = session.thresholds()
            present = store.national_thresholds(session)
        before = history[1].min_ratings if len(history) > 1 else store.min_ratings
        return self._management.show(
            request,
            visitor,
            "thresholds.html",
            status=200 if entered is None else 422,
            present=present,
            history=history,
            undone_to=before if before != present.min_ratings else None,
            is_wrong=entered is not None,
            entered=entered.get("min_ratings") if entered else present.min_ratings,
            reason=entered.get("reason") if entered else "",
            seen_version=entered.get("version") if entered else present.version,
            most=MAX_MIN_RATINGS,
        )

    def take(self, request: Request, visitor: Visitor, fields: Fields) -> Response:
        """Let what was entered hold, unless somebody else has set it since."""
        wanted = _number(fields.get("min_ratings"))
        if wanted is None:
            return self.show(request, visitor, fields)
        store = self._management.store
        with store.write(visitor.actor(read_reason(fields))) as session:
            session.lock()
            held = store.national_thresholds(session)
            if str(held.version) != fields.get("version"):
                message = "somebody else has set the threshold since; open the page again"
                raise PreconditionFailedError(message)
            if held.version > 0 and held.min_ratings == wanted:
                return self._management.done(request, _PATH, "nothing")
            session.add(Thresholds(version=held.version + 1, min_ratings=wanted))
        return self._management.done(request, _PATH, "undone" if fields.has("undo") else "saved")


def _number(text: str) -> int | None:
    """Return a threshold that may be; digits may be grouped by spaces."""
    digits = "".join(text.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        return None
    number = int(digits)
    return number if 1 <= number <= MAX_MIN_RATINGS else None
