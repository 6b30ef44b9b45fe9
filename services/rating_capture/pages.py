"""HTTP in (HTML): the plain rating page, which does what the widget does without JavaScript."""

import asyncio
import hashlib
import io
import math
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import segno
from fastapi import APIRouter, Request, Response
from uuid_utils.compat import uuid7

from services.rating_capture import metrics
from services.rating_capture.bodies import media_type
from services.rating_capture.browsers import sender_of
from services.rating_capture.configuration import Configurations, is_held, parse_id
from services.rating_capture.forms import Entered, FormSigner, FormToken, draw, read_form
from services.rating_capture.reception import Reception, Sender
from services.rating_capture.submissions import RatingSubmission, ShownSubmission
from services.rating_capture.tables import Place
from shared import logs
from shared.errors import (
    ArvioError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    TransientError,
)
from shared.http import read_body
from shared.http.problems import status_of
from shared.pages import Pages
from shared.vocabulary import MAX_COMMENT_CHARACTERS, RatingSource

_STYLE = Path(__file__).parent / "page" / "rating.css"
STATIC: Mapping[str, Path] = {"/static/rating-page": _STYLE.parent}
_FORM = "application/x-www-form-urlencoded"
_TOO_LONG_AN_ADDRESS = 2048

_log = logs.logger(__name__)


class RatingPages:
    """Shows the form, takes it, and says thank you."""

    def __init__(self, reception: Reception, pages: Pages, configurations: Configurations) -> None:
        settings = reception.settings
        self._reception = reception
        self._pages = pages
        self._configurations = configurations
        self._http = settings.http
        self._max_body_bytes = settings.rating_capture.max_body_bytes
        self._signer = FormSigner(
            settings.tokens.signing_secret.get_secret_value(),
            timedelta(seconds=settings.rating_capture.form_lifetime_seconds),
        )
        version = hashlib.blake2b(_STYLE.read_bytes(), digest_size=6).hexdigest()
        self._style = f"/static/rating-page/{_STYLE.name}?v={version}"
        self._under_way: set[asyncio.Task[None]] = set()

    def ask(self, request: Request, eservice_id: str) -> Response:
        """Draw a question and show the form."""
        place = self._place(eservice_id)
        form = self._new_form(place)
        self._reception.floods.admit(
            sender_of(request.scope, self._reception.proxies).address, form.rating_id
        )
        query = request.query_params
        entered = Entered(
            end_point=query.get("end_point", "")[:20],
            completion_token=query.get("completion_token", "")[:_TOO_LONG_AN_ADDRESS],
        )
        if "prefetch" not in request.headers.get("sec-purpose", ""):
            self._count_shown(request, form, entered)
        # Kept by the browser: who goes back to it and sends again sends the same id.
        headers = {"Cache-Control": "private, no-cache"}
        return self._form(request, place, form, entered, headers=headers)

    async def take(self, request: Request, eservice_id: str) -> Response:
        """Take the form: thanks by a redirect, or the form again with what is wrong."""
        place = self._place(eservice_id)
        media_type(dict(request.scope["headers"]), _FORM)
        self._check_own(request)
        entered = read_form(await read_body(request.scope, request.receive, self._max_body_bytes))
        form = self._signer.read(entered.token, self._reception.clock())
        is_ours = (
            form is not None
            and form.eservice_id == place.eservice.eservice_id
            and form.question_id in place.question_ids
        )
        if form is None or not is_ours:
            return self._form(
                request, place, self._new_form(place), entered, {"form": "expired"}, 422
            )
        faults = entered.faults()
        if form.is_expired:
            faults["form"] = "expired"
        if faults:
            return self._form(request, place, form, entered, faults, 422)
        return await self._send(request, place, form, entered)

    async def _send(
        self, request: Request, place: Place, form: FormToken, entered: Entered
    ) -> Response:
        language = self._pages.language_of(request)
        submission = RatingSubmission(
            rating_id=form.rating_id,
            eservice_id=form.eservice_id,
            question_id=form.question_id,
            stars=int(entered.stars),
            comment=entered.comment or None,
            language=language,
            end_point=entered.end,
            completion_token=self._good_token(entered.completion_token, place),
        )
        # The page is our own, and a form never carries a key.
        sender = Sender(address=sender_of(request.scope, self._reception.proxies).address)
        try:
            await self._reception.rate(submission, sender, RatingSource.PAGE)
        except InvalidInputError as error:
            metrics.RATINGS_REFUSED.labels(error.code).inc()
            faults = {entry.field: entry.code for entry in error.errors}
            return self._form(request, place, form, entered, faults, 422)
        except TransientError as error:
            metrics.RATINGS_REFUSED.labels(error.code).inc()
            headers = {"Retry-After": str(math.ceil(error.retry_after_seconds))}
            faults = {"form": "later"}
            status = status_of(error)
            return self._form(request, place, form, entered, faults, status, headers)
        query = urlencode({"language": language.value})
        location = f"/r/{form.eservice_id}/thanks?{query}"
        return Response(
            status_code=303, headers={"Location": location, "Cache-Control": "no-store"}
        )

    def thank(self, request: Request, eservice_id: str) -> Response:
        """Say thank you; to load this once more sends nothing."""
        place = self._place(eservice_id)
        return self._pages.page(
            request,
            "thanks.html",
            eservice=place.eservice,
            style=self._style,
            words=self._configurations.texts(self._pages.language_of(request)),
        )

    def draw_code(self, request: Request, eservice_id: str) -> Response:
        """Return a picture (QR code) that leads to the page."""
        place = self._place(eservice_id)
        out = io.BytesIO()
        code = segno.make(f"{self._http.base_url}/r/{place.eservice.eservice_id}", error="m")
        code.save(out, kind="svg", scale=8, border=4, light="#fff", xmldecl=False)
        body = out.getvalue()
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        headers = {"ETag": etag, "Cache-Control": "public, max-age=86400"}
        if is_held(request, etag):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="image/svg+xml")

    def refuse(self, request: Request, error: ArvioError) -> Response:
        """Say on a page why there is no form."""
        status = status_of(error)
        headers = {"Cache-Control": "no-store"}
        if isinstance(error, TransientError):
            headers["Retry-After"] = str(math.ceil(error.retry_after_seconds))
        return self._pages.page(
            request,
            "refused.html",
            status=status,
            headers=headers,
            is_missing=isinstance(error, NotFoundError),
            is_temporary=isinstance(error, TransientError),
        )

    def _form(
        self,
        request: Request,
        place: Place,
        form: FormToken,
        entered: Entered,
        faults: Mapping[str, str] | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        question = next(each for each in place.questions if each.question_id == form.question_id)
        return self._pages.page(
            request,
            "rating.html",
            status=status,
            headers={"Cache-Control": "no-store", **(headers or {})},
            eservice=place.eservice,
            question=question,
            token=self._signer.sign(form, self._reception.clock()),
            entered=entered,
            faults=faults or {},
            max_characters=MAX_COMMENT_CHARACTERS,
            style=self._style,
            words=self._configurations.texts(self._pages.language_of(request)),
        )

    def _place(self, eservice_id: str) -> Place:
        """Return the e-service; raises `NotFoundError` for what can't be rated."""
        self._reception.check_loaded()
        try:
            place = self._reception.tables.open_place(parse_id(eservice_id))
        except InvalidInputError as error:
            raise NotFoundError(str(error)) from error
        if not place.questions:
            message = "the e-service asks no question"
            raise NotFoundError(message)
        return place

    @staticmethod
    def _new_form(place: Place) -> FormToken:
        return FormToken(uuid7(), place.eservice.eservice_id, draw(place.questions).question_id)

    def _good_token(self, text: str, place: Place) -> str | None:
        """Return the completion token if it is one: a bad link is not the person's fault."""
        if not text or len(text) > _TOO_LONG_AN_ADDRESS:
            return None
        try:
            return text if self._reception.token_of(text, place) else None
        except InvalidInputError:
            return None

    def _check_own(self, request: Request) -> None:
        """Raise `NotAllowedError` for a form that another site's page has sent."""
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin")
        host = request.headers.get("host", "")
        own = {None, self._reception.own_origin, f"http://{host}", f"https://{host}"}
        if site not in {None, "same-origin", "none"} or origin not in own:
            message = "this form was sent from another site"
            raise NotAllowedError(message)

    def _count_shown(self, request: Request, form: FormToken, entered: Entered) -> None:
        shown = ShownSubmission(
            rating_id=form.rating_id,
            eservice_id=form.eservice_id,
            question_id=form.question_id,
            language=self._pages.language_of(request),
            end_point=entered.end,
        )

        async def count() -> None:
            try:
                # From nobody: the request itself has been counted already.
                await self._reception.show(shown, Sender(), RatingSource.PAGE)
            except ArvioError as error:
                # The page does not wait for it, and must not fail with it.
                _log.warning("showing_not_counted", code=error.code)

        task = asyncio.create_task(count())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


def page_routes(shown: RatingPages) -> APIRouter:
    """Return the routes of the plain page."""
    router = APIRouter(prefix="/r/{eservice_id}", include_in_schema=False)

    @router.get("")
    async def ask(request: Request, eservice_id: str) -> Response:
        try:
            return shown.ask(request, eservice_id)
        except ArvioError as error:
            return shown.refuse(request, error)

    @router.post("")
    async def take(request: Request, eservice_id: str) -> Response:
        try:
            return await shown.take(request, eservice_id)
        except ArvioError as error:
            return shown.refuse(request, error)

    @router.get("/thanks")
    async def thank(request: Request, eservice_id: str) -> Response:
        try:
            return shown.thank(request, eservice_id)
        except ArvioError as error:
            return shown.refuse(request, error)

    @router.get("/qr.svg")
    async def draw_code(request: Request, eservice_id: str) -> Response:
        return shown.draw_code(request, eservice_id)

    return router
