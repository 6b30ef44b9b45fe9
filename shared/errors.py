"""The error tree: a consumer decides what to do from the branch alone.

* ArvioError
  * PermanentError              give up: dead-letter the message, or refuse the request
    * InvalidEventError
    * InvalidInputError         the sender has to change something
    * NotFoundError
    * NotAuthenticatedError
    * NotAllowedError
    * ConflictError
    * TooLargeError
  * TransientError              try again: leave the offset where it is
    * BrokerUnavailableError
    * StorageUnavailableError
    * TooManyRequestsError
    * TooManyDeadLettersError   stop and call for help
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong with one field or item of the input."""

    field: str
    """Where: `stars`, or `3.stars` for the fourth item of a batch."""

    code: str
    """Stable name of what is wrong, such as `missing` or `less_than_equal`."""

    message: str
    """What is wrong, in one English sentence for the developer."""


class ArvioError(Exception):
    """Root of every error raised on purpose in this repository."""

    code: ClassVar[str] = "internal"
    """Stable name for logs, for metric labels and for HTTP error bodies."""


class PermanentError(ArvioError):
    """Trying again with the same input would fail in the same way."""


class InvalidEventError(PermanentError):
    """A message on a topic is not the event that the topic carries."""

    code = "invalid_event"


class InvalidInputError(PermanentError):
    """What was sent breaks the contract; `errors` says where."""

    code = "invalid_input"

    def __init__(self, message: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(message)
        self.errors = tuple(errors)


class NotFoundError(PermanentError):
    """What was asked for does not exist, or is closed."""

    code = "not_found"


class NotAuthenticatedError(PermanentError):
    """No key was sent, or it is unknown, expired or revoked."""

    code = "not_authenticated"


class NotAllowedError(PermanentError):
    """The sender is known, but may not do this."""

    code = "not_allowed"


class ConflictError(PermanentError):
    """The state has moved on since the sender last saw it."""

    code = "conflict"


class TooLargeError(PermanentError):
    """The body is larger than the call takes."""

    code = "too_large"


class UnsupportedMediaTypeError(PermanentError):
    """The body is not in a format that the call reads."""

    code = "unsupported_media_type"


class TransientError(ArvioError):
    """The same input may succeed later."""

    retry_after_seconds: float = 5.0


class BrokerUnavailableError(TransientError):
    """Kafka did not acknowledge in time; what was sent may or may not be there."""

    code = "broker_unavailable"


class StorageUnavailableError(TransientError):
    """A store does not answer."""

    code = "storage_unavailable"


class NotReadyError(TransientError):
    """The program has not loaded its tables yet."""

    code = "not_ready"


class TooManyRequestsError(TransientError):
    """The sender has used up its share for now."""

    code = "too_many_requests"


class TooManyDeadLettersError(TransientError):
    """So many messages are unreadable that the fault is likely ours: stop and say so."""

    code = "too_many_dead_letters"
