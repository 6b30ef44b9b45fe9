"""Steps 1 to 3 of the journey: what came in is judged, becomes a fact, and is handed to Kafka.

All that it needs is in memory; the broker is the only other program it waits for.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol
from uuid import UUID

from uuid_utils.compat import uuid7

from services.rating_capture import domain, metrics
from services.rating_capture.domain import Arrival, Limits
from services.rating_capture.floods import Floods
from services.rating_capture.settings import Settings
from services.rating_capture.submissions import (
    CompletionSubmission,
    RatingSubmission,
    ShownSubmission,
    TokenRequest,
)
from services.rating_capture.tables import Place, Tables
from shared.errors import (
    BrokerUnavailableError,
    FieldError,
    InvalidInputError,
    NotReadyError,
)
from shared.events import CompletionRecorded, RatingCaptured
from shared.events.base import Event
from shared.http import KeyRing, Proxies
from shared.tokens import (
    CompletionToken,
    TokenError,
    TokenExpiredError,
    derive_secret,
    sign,
    verify,
)
from shared.vocabulary import RatingSource, Scope, Suspicion

_CAPTURED = {source: metrics.RATINGS_CAPTURED.labels(source.value) for source in RatingSource}
_SHOWN = {source: metrics.QUESTIONS_SHOWN.labels(source.value) for source in RatingSource}

_secret_of = lru_cache(maxsize=10_000)(derive_secret)


class FactPublisher(Protocol):
    """What hands facts to Kafka."""

    async def publish(self, event: Event) -> None:
        """Publish one fact; returns once the broker has it."""

    async def publish_all(self, events: Sequence[Event]) -> list[BrokerUnavailableError | None]:
        """Publish several; return for each one what kept it from arriving."""


class Sender(NamedTuple):
    """Who sends: just enough to let it in, and never stored."""

    address: str | None = None
    origin: str | None = None
    authorization: str | None = None


class Reception:
    """Lets ratings and completions in."""

    def __init__(
        self,
        settings: Settings,
        tables: Tables,
        keys: KeyRing,
        publisher: FactPublisher,
        is_loaded: Callable[[], bool],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        own = settings.rating_capture
        self.settings = settings
        self.tables = tables
        self.keys = keys
        self.floods = Floods(settings.floods)
        self.clock = clock
        self.proxies = Proxies(settings.http.trusted_proxies)
        self.own_origin = _origin_of(settings.http.base_url)
        self.max_body_bytes = own.max_body_bytes
        self._publisher = publisher
        self._is_loaded = is_loaded
        self._signing_secret = settings.tokens.signing_secret.get_secret_value()
        self._max_token_lifetime = timedelta(seconds=own.max_token_lifetime_seconds)
        self._limits = Limits(
            ahead=own.clock_skew,
            ratings_back=timedelta(days=own.ratings_days_back),
            completions_back=timedelta(days=own.completions_days_back),
        )

    def check_loaded(self) -> None:
        """Raise `NotReadyError` until the tables are whole: nothing is judged by half of them."""
        if not self._is_loaded():
            message = "the tables of e-services are still being loaded"
            raise NotReadyError(message)

    def check_key(self, sender: Sender, scope: Scope) -> None:
        """Raise 401 or 403 errors unless the sender's key has the scope at all."""
        self.keys.authorise(sender.authorization, scope)

    async def rate(
        self, submission: RatingSubmission, sender: Sender, source: RatingSource
    ) -> None:
        """Take one rating; when this returns, the broker has it."""
        self.check_loaded()
        place = self.tables.open_place(submission.eservice_id)
        is_keyed = sender.authorization is not None
        if is_keyed:
            self._authorise(sender, Scope.RATINGS_WRITE, place)
            source = RatingSource.API
        else:
            place.check_origin(sender.origin, self.own_origin)
        token = self.token_of(submission.completion_token, place)
        if not is_keyed and token is None:
            self.floods.admit(sender.address, submission.rating_id)
        fact = self._capture(submission, place, source, token)
        if not is_keyed:
            fact = self._judged(fact, sender, submission.comment)
        await self._publisher.publish(fact)
        _CAPTURED[source].inc()

    def prepare_rating(self, submission: RatingSubmission, sender: Sender) -> RatingCaptured:
        """Return the fact of one rating of a batch that a server sends with its key."""
        place = self.tables.open_place(submission.eservice_id)
        self._authorise(sender, Scope.RATINGS_WRITE, place)
        token = self.token_of(submission.completion_token, place)
        return self._capture(submission, place, RatingSource.API, token)

    def prepare_completion(
        self, submission: CompletionSubmission, sender: Sender
    ) -> CompletionRecorded:
        """Return the fact of one completion."""
        place = self.tables.open_place(submission.eservice_id)
        self._authorise(sender, Scope.COMPLETIONS_WRITE, place)
        return domain.record(submission, self.clock(), limits=self._limits)

    async def publish_all(self, facts: Sequence[Event]) -> list[BrokerUnavailableError | None]:
        """Publish several facts; return for each one what kept it from arriving."""
        return await self._publisher.publish_all(facts)

    async def publish(self, fact: Event) -> None:
        """Publish one fact; when this returns, the broker has it."""
        await self._publisher.publish(fact)

    async def show(
        self, submission: ShownSubmission, sender: Sender, source: RatingSource
    ) -> None:
        """Count that a person saw the question."""
        self.check_loaded()
        place = self.tables.open_place(submission.eservice_id)
        place.check_origin(sender.origin, self.own_origin)
        self.floods.admit(sender.address, _other_than(submission.rating_id))
        arrival = Arrival(source=source, received_at=self.clock())
        await self._publisher.publish(
            domain.show(submission, arrival, question_ids=place.question_ids)
        )
        _SHOWN[source].inc()

    def sign_token(self, request: TokenRequest, sender: Sender) -> tuple[CompletionToken, str]:
        """Return a new completion token, and its text."""
        place = self.tables.open_place(request.eservice_id)
        self._authorise(sender, Scope.COMPLETIONS_WRITE, place)
        own = self.settings.rating_capture
        lifetime = request.lifetime_seconds or own.token_lifetime_seconds
        if lifetime > own.max_token_lifetime_seconds:
            message = f"a token lives for {own.max_token_lifetime_seconds} seconds at most"
            errors = [FieldError("lifetime_seconds", "less_than_equal", message)]
            raise InvalidInputError(message, errors)
        now = self.clock()
        token = CompletionToken(
            token_id=uuid7(),
            eservice_id=request.eservice_id,
            expires_at=(now + timedelta(seconds=lifetime)).replace(microsecond=0),
            end_point=request.end_point,
        )
        metrics.COMPLETION_TOKENS.labels("signed").inc()
        return token, sign(token, self._secrets(place)[0], now=now)

    def token_of(self, text: str | None, place: Place) -> CompletionToken | None:
        """Return what a rating's token says, or `None` for none, or for one that has expired.

        A person may have left the page open for long: such a rating is taken, as not
        verified. Raises `InvalidInputError` for a token that never was good.
        """
        if text is None:
            return None
        try:
            token = verify(
                text,
                self._secrets(place),
                eservice_id=place.eservice.eservice_id,
                now=self.clock(),
                max_lifetime=self._max_token_lifetime,
                leeway=self._limits.ahead,
            )
        except TokenExpiredError:
            metrics.COMPLETION_TOKENS.labels("expired").inc()
            return None
        except TokenError as error:
            metrics.COMPLETION_TOKENS.labels("refused").inc()
            entry = FieldError("completion_token", error.code, str(error))
            message = "the completion token is not good"
            raise InvalidInputError(message, [entry]) from error
        metrics.COMPLETION_TOKENS.labels("verified").inc()
        return token

    def _capture(
        self,
        submission: RatingSubmission,
        place: Place,
        source: RatingSource,
        token: CompletionToken | None,
    ) -> RatingCaptured:
        fact, masked = domain.capture(
            submission,
            Arrival(source=source, received_at=self.clock()),
            eservice=place.eservice,
            question_ids=place.question_ids,
            limits=self._limits,
            token=token,
        )
        if masked is not None:
            for kind in masked.kinds:
                metrics.COMMENTS_MASKED.labels(kind.value).inc()
        return fact

    def _judged(self, fact: RatingCaptured, sender: Sender, comment: str | None) -> RatingCaptured:
        """Return the fact with what makes it suspicious; a verified one is only counted."""
        suspicion: Suspicion | None = self.floods.judge(
            None if fact.is_verified else sender.address,
            fact.eservice_id,
            fact.event_id,
            None if fact.is_verified else comment,
        )
        if suspicion is None:
            return fact
        metrics.FLOODS_MARKED.labels(suspicion.value).inc()
        return fact.model_copy(update={"suspicion": suspicion})

    def _authorise(self, sender: Sender, scope: Scope, place: Place) -> None:
        self.keys.authorise(
            sender.authorization,
            scope,
            organisation_id=place.eservice.organisation_id,
            eservice_id=place.eservice.eservice_id,
        )

    def _secrets(self, place: Place) -> list[str]:
        """Return the secret in force, and the one before it where there is one."""
        newest = place.eservice.token_secret_version
        versions = [newest] if newest <= 1 else [newest, newest - 1]
        return [
            _secret_of(self._signing_secret, place.eservice.eservice_id, version)
            for version in versions
        ]


def _other_than(rating_id: UUID) -> UUID:
    """Return the id under which the showing is admitted, apart from the rating of one id."""
    return UUID(int=rating_id.int ^ 1)


def _origin_of(base_url: str) -> str:
    scheme, _, rest = base_url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
