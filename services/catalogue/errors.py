"""What the catalogue refuses in its own way."""

from shared.errors import PermanentError, TransientError


class PreconditionFailedError(PermanentError):
    """Somebody else has changed it since the sender last saw it."""

    code = "precondition_failed"


class PreconditionRequiredError(PermanentError):
    """The sender must say which state it has seen."""

    code = "precondition_required"


class UnreadableFileError(PermanentError):
    """A file can't be imported at all; nothing of it went in."""

    code = "unreadable_file"


class TooMuchGoneError(PermanentError):
    """A file that claims to be complete leaves out so much that it is likely broken."""

    code = "too_much_gone"


class PtvUnavailableError(TransientError):
    """PTV does not answer for longer than an import waits for it."""

    code = "ptv_unavailable"


class PtvRefusedError(PermanentError):
    """PTV answers what an import can't use; nothing was changed."""

    code = "ptv_refused"


class NotEmbeddedError(PermanentError):
    """A convenience for development was asked for outside embedded mode."""

    code = "not_embedded"


class MissingSecretError(PermanentError):
    """A secret without which the program must not start is not set."""

    code = "missing_secret"


class SignInRefusedError(PermanentError):
    """What the sign-in service says of somebody can't be believed, or it says no."""

    code = "sign_in_refused"


class SignInUnavailableError(TransientError):
    """The sign-in service does not answer, or not as it should."""

    code = "sign_in_unavailable"
