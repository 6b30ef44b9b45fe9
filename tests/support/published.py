"""What publication follows, as valid events; a test states only what it is about."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from shared.events import (
    ApiKeyChanged,
    EserviceChanged,
    OrganisationChanged,
    Question,
    QuestionScore,
    QuestionSetChanged,
    ScorePublished,
    ThresholdsChanged,
    WindowScore,
)
from shared.http import hash_secret
from shared.vocabulary import Scope

FIRST_STARS = 30, 41, 120, 400, 643
"""Ratings with one to five stars, unless a test says otherwise."""

QUESTIONS = (
    Question(
        question_id="success",
        texts={
            "fi": "Kuinka hyvin asiointisi sujui?",
            "sv": "Hur väl lyckades ditt ärende?",
            "en": "How well did your transaction go?",
        },
    ),
    Question(
        question_id="ease",
        texts={
            "fi": "Kuinka helppoa palvelun käyttö oli?",
            "sv": "Hur lätt var tjänsten att använda?",
            "en": "How easy was the service to use?",
        },
    ),
)


def organisation(**fields: Any) -> OrganisationChanged:  # noqa: ANN401  any field
    """Return an organisation with a name in three languages."""
    given: dict[str, Any] = {
        "event_id": uuid4(),
        "occurred_at": datetime.now(UTC),
        "organisation_id": uuid4(),
        "names": {"fi": "Esimerkkivirasto", "sv": "Exempelverket", "en": "Example Agency"},
    }
    return OrganisationChanged(**(given | fields))


def eservice(**fields: Any) -> EserviceChanged:  # noqa: ANN401  any field
    """Return an open, published e-service."""
    given: dict[str, Any] = {
        "event_id": uuid4(),
        "occurred_at": datetime.now(UTC),
        "eservice_id": uuid4(),
        "organisation_id": uuid4(),
        "names": {
            "fi": "Päivähoitohakemus",
            "sv": "Ansökan om dagvård",
            "en": "Application for day care",
        },
        "urls": {"fi": "https://asiointi.example.fi/paivahoito"},
        "ptv_service_id": uuid4(),
        "ptv_channel_id": uuid4(),
    }
    return EserviceChanged(**(given | fields))


def thresholds(min_ratings: int, *, version: int = 1) -> ThresholdsChanged:
    """Return what the ministry has set."""
    return ThresholdsChanged(
        event_id=uuid4(),
        occurred_at=datetime.now(UTC),
        version=version,
        min_ratings=min_ratings,
    )


def question_set() -> QuestionSetChanged:
    """Return the base questions."""
    return QuestionSetChanged(
        event_id=uuid4(),
        occurred_at=datetime.now(UTC),
        question_set_id="base",
        version=1,
        questions=QUESTIONS,
    )


def window(stars: Sequence[int] = FIRST_STARS, **fields: Any) -> WindowScore:  # noqa: ANN401  any field
    """Return what ratings with one to five stars say; the intervals are only roughly right."""
    ratings = sum(stars)
    mean = sum(n * k for k, n in enumerate(stars, 1)) / ratings if ratings else None
    satisfied = (stars[3] + stars[4]) / ratings if ratings else None
    given: dict[str, Any] = {
        **_numbers(ratings, mean),
        "distribution": dict(enumerate(stars, 1)),
        "satisfied_share": satisfied,
        "satisfied_interval": _around(satisfied, 0.02),
        "mean_basis": "pooled",
        "completions": ratings * 4,
        "response_rate": 0.25 if ratings else None,
        "response_bounds": (0.2, 0.95),
        "suspected": 3,
        "by_question": {
            "success": QuestionScore(**_numbers(ratings - ratings // 2, mean)),
            "ease": QuestionScore(**_numbers(ratings // 2, mean)),
        },
    }
    return WindowScore(**(given | fields))


def _numbers(ratings: int, mean: float | None) -> dict[str, Any]:
    return {"ratings": ratings, "mean": mean, "mean_interval": _around(mean, 0.06)}


def _around(value: float | None, width: float) -> tuple[float, float] | None:
    return (value - width, value + width) if value is not None else None


def score(
    of: EserviceChanged,
    stars: Sequence[int] = FIRST_STARS,
    **fields: Any,  # noqa: ANN401  any field
) -> ScorePublished:
    """Return the score of an e-service, the same in all windows."""
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "event_id": uuid4(),
        "occurred_at": now,
        "eservice_id": of.eservice_id,
        "organisation_id": of.organisation_id,
        "as_of": now,
        "windows": dict.fromkeys(("24h", "30d", "12mo"), window(stars)),
    }
    return ScorePublished(**(given | fields))


def api_key(organisation_id: UUID | None, **fields: Any) -> tuple[ApiKeyChanged, str]:  # noqa: ANN401  any field
    """Return a key that may read scores, and the header that carries it."""
    key_id, secret = uuid4().hex[:12], uuid4().hex
    given: dict[str, Any] = {
        "event_id": uuid4(),
        "occurred_at": datetime.now(UTC),
        "key_id": key_id,
        "secret_hash": hash_secret(secret),
        "scopes": (Scope.SCORES_READ,),
        "organisation_id": organisation_id,
    }
    return ApiKeyChanged(**(given | fields)), f"Bearer arvio_{key_id}_{secret}"
