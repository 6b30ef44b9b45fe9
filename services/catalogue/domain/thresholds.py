"""The national thresholds, and an e-service's own, which may only be stricter."""

from services.catalogue.domain.records import Eservice, Thresholds
from shared.errors import FieldError, InvalidInputError


def own_threshold_errors(
    before: Eservice | None, after: Eservice, national: Thresholds
) -> list[FieldError]:
    """Return what is wrong with an e-service's own threshold, if it is set anew.

    One that the nation's has overtaken may stay as it is: the higher one holds.
    """
    own = after.min_ratings
    if own is None or (before is not None and before.min_ratings == own):
        return []
    if own >= national.min_ratings:
        return []
    message = f"{national.min_ratings} is the least for all e-services; yours may only be higher"
    return [FieldError("min_ratings", "below_national", message)]


def check_own_threshold(before: Eservice, after: Eservice, national: Thresholds) -> None:
    """Raise `InvalidInputError` for a threshold of its own that is set below the nation's."""
    if errors := own_threshold_errors(before, after, national):
        message = "the e-service's threshold is below the nation's"
        raise InvalidInputError(message, errors)
