"""What forms about an e-service bring along: its settings, and its names if entered by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from pydantic import ValidationError

from services.catalogue.api.eservice_bodies import EserviceSettings, NewEservice
from services.catalogue.domain import raw
from services.catalogue.domain.records import Eservice
from services.catalogue.pages.forms import Fields
from shared.errors import InvalidInputError
from shared.http.problems import field_errors
from shared.vocabulary import Language

Faults = Mapping[str, str]
"""By the field of a form, the code of what is wrong with it."""

_MOST_DIGITS = 9


@dataclass(frozen=True)
class EnteredNames:
    """Names and addresses as they were entered, by language."""

    names: Mapping[str, str] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    eservice_id: str = ""
    """Of one that is to be entered: the form brings it, so that sending twice makes one."""

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Return what a form has brought along."""
        eservice_id = fields.get("eservice_id")
        return cls(_by_language(fields, "name"), _by_language(fields, "url"), eservice_id)

    @classmethod
    def of(cls, eservice: Eservice) -> Self:
        """Return what is there as somebody would have entered it."""
        return cls(eservice.names, eservice.urls)

    def new_eservice(self, organisation_id: UUID) -> Eservice:
        """Return the e-service; raises `InvalidInputError`."""
        try:
            wanted = NewEservice(
                eservice_id=raw.uuid(self.eservice_id),
                organisation_id=organisation_id,
                names=dict(self.names),
                urls=dict(self.urls),
            )
        except ValidationError as error:
            raise _invalid(error) from error
        return wanted.eservice()

    def wish(self, held: Eservice) -> dict[str, object]:
        """Return what is to be changed; languages that the form does not know stay."""
        return {
            "names": {**_unknown(held.names), **self.names},
            "urls": {**_unknown(held.urls), **self.urls},
        }

    def faults(self, error: InvalidInputError) -> Faults:
        """Return which field of the form is wrong, and how."""
        found: dict[str, str] = {}
        for each in error.errors:
            if each.field == "names":
                found["name_fi"] = "missing"
            elif each.field == "urls":
                # The check stops at the first one, so each is looked at by itself.
                found |= {
                    f"url_{language}": "not_an_address"
                    for language, url in self.urls.items()
                    if not raw.is_web_address(url)
                }
            elif each.field == "reason":
                found["reason"] = each.code
        return found


@dataclass(frozen=True, kw_only=True)
class EnteredSettings:
    """Settings as they were entered, good or not, so that a page can show them again."""

    is_open: bool
    is_published: bool
    is_comment_allowed: bool
    allowed_origins: str
    """One in each line."""

    min_ratings: str
    comment_retention_days: str

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Return what a form has brought along."""
        return cls(
            is_open=fields.has("is_open"),
            is_published=fields.has("is_published"),
            is_comment_allowed=fields.has("is_comment_allowed"),
            allowed_origins=fields.get("allowed_origins"),
            min_ratings=fields.get("min_ratings"),
            comment_retention_days=fields.get("comment_retention_days"),
        )

    @classmethod
    def of(cls, eservice: Eservice) -> Self:
        """Return what is there as somebody would have entered it."""
        return cls(
            is_open=eservice.is_open,
            is_published=eservice.is_published,
            is_comment_allowed=eservice.is_comment_allowed,
            allowed_origins="\n".join(eservice.allowed_origins),
            min_ratings=_text(eservice.min_ratings),
            comment_retention_days=_text(eservice.comment_retention_days),
        )

    def wish(self) -> dict[str, object]:
        """Return what is to be changed."""
        return {
            "is_open": self.is_open,
            "is_published": self.is_published,
            "is_comment_allowed": self.is_comment_allowed,
            "allowed_origins": self._origins,
            "min_ratings": _number(self.min_ratings),
            "comment_retention_days": _number(self.comment_retention_days),
        }

    def faults(self, error: InvalidInputError) -> Faults:
        """Return which field of the form is wrong, and how."""
        found: dict[str, str] = {}
        for each in error.errors:
            name, _, _ = each.field.partition(".")
            found.setdefault(name, each.code)
        return found

    def bad_origins(self, error: InvalidInputError) -> list[str]:
        """Return the lines that are no origins, as they were entered."""
        places = (each.field.partition("allowed_origins.")[2] for each in error.errors)
        return [self._origins[int(place)] for place in places if place.isdecimal()]

    @property
    def _origins(self) -> list[str]:
        lines = (line.strip() for line in self.allowed_origins.split("\n"))
        return [line for line in lines if line]


def apply(wish: Mapping[str, object], held: Eservice) -> Eservice:
    """Return the e-service as it would be, by the rules of the API.

    Raises `InvalidInputError` with one entry for each field that can't be so.
    """
    try:
        settings = EserviceSettings.model_validate(wish)
    except ValidationError as error:
        raise _invalid(error) from error
    return settings.applied_to(held)


def _invalid(error: ValidationError) -> InvalidInputError:
    message = "some fields are wrong; see errors"
    return InvalidInputError(message, field_errors(error.errors()))


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def _number(text: str) -> int | str | None:
    """Return the number; what is none stays as it is, so that the rules can say so."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else text or None


def _by_language(fields: Fields, name: str) -> dict[str, str]:
    entered = {language.value: fields.get(f"{name}_{language.value}") for language in Language}
    return {language: words for language, words in entered.items() if words}


def _unknown(texts: Mapping[str, str]) -> dict[str, str]:
    return {key: words for key, words in texts.items() if key not in set(Language)}
