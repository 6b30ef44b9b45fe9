"""Origins of pages, spelled as browsers spell them, so that they can be compared."""

from urllib.parse import urlsplit

from shared.errors import FieldError, InvalidInputError

_DEFAULT_PORTS = {"http": 80, "https": 443}


def normal_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Return the origins as a browser would send them, each once.

    Raises `InvalidInputError` with one entry for each that is none.
    """
    found: list[str] = []
    errors: list[FieldError] = []
    for number, origin in enumerate(origins):
        normal = _normal(origin)
        if normal is None:
            message = "an origin is https://host or https://host:port, without a path"
            errors.append(FieldError(f"allowed_origins.{number}", "not_an_origin", message))
        elif normal not in found:
            found.append(normal)
    if errors:
        message = "some origins are none; see errors"
        raise InvalidInputError(message, errors)
    return tuple(found)


def _normal(origin: str) -> str | None:
    try:
        parts = urlsplit(origin.strip())
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        return None
    extra = parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in _DEFAULT_PORTS or not host or extra or set(host) & set(" *<>\"'\\"):
        return None
    if ":" in host:
        host = f"[{host}]"
    is_default = port is None or port == _DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if is_default else f":{port}")
