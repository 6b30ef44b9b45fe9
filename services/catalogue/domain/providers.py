"""What a sign-in service says of itself (OpenID Connect Discovery 1.0)."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_Address = Annotated[str, Field(pattern=r"^https?://[!-~]+$")]


class Description(BaseModel):
    """Where a sign-in service is asked what."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    authorization_endpoint: _Address
    token_endpoint: _Address
    jwks_uri: _Address
    userinfo_endpoint: _Address | None = None
    end_session_endpoint: _Address | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


def described(body: bytes, issuer: str) -> Description:
    """Return the description; raises `ValueError` for none, and for that of another service."""
    found = Description.model_validate_json(body)
    if found.issuer != issuer:
        message = f"it calls itself {found.issuer}, not {issuer}"
        raise ValueError(message)
    return found
