"""What PTV says of an e-service and its assessors may want to know: offers, never answers."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict


class AccessibilityLevel(StrEnum):
    """How well accessibility requirements are met, in PTV's words."""

    FULLY_COMPLIANT = "fully_compliant"
    PARTIALLY_COMPLIANT = "partially_compliant"
    NON_COMPLIANT = "non_compliant"


class Hint(BaseModel):
    """Something that an organisation has written into PTV; nobody has checked it for Arvio."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    criterion_id: str
    claim_ids: tuple[str, ...]
    """The claims of that criterion that it speaks to; people answer them, as all others."""


class AccessibilityHint(Hint):
    """How accessible the organisation says that its e-service is."""

    criterion_id: str = "3.1"
    level: AccessibilityLevel | None = None
    """The lowest one, where PTV has several by language."""

    wcag_level: Literal["A", "AA", "AAA"] | None = None
    """The level of WCAG that it was classified by; the lowest one likewise."""

    statement_urls: dict[str, str] = {}
    """Where its accessibility statement is, by language."""


class AlwaysOpenHint(Hint):
    """Whether the organisation says that one can begin at any time."""

    criterion_id: str = "3.4"
    claim_ids: tuple[str, ...] = ("3.4.1",)
    is_always_open: bool


class PtvHints(BaseModel):
    """What PTV says that speaks to claims of the self-assessment."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    criteria_version: str = "1.0.0"
    """The version of the criteria that the ids are from."""

    accessibility: AccessibilityHint | None = None
    always_open: AlwaysOpenHint | None = None
