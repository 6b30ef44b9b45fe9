"""What was entered to issue or replace a key, and what is wrong with it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.catalogue.domain.keys import Wish
from services.catalogue.domain.records import Eservice
from services.catalogue.pages.forms import Fields, read_reason
from shared.vocabulary import Scope

DAYS = (30, 90, 365, 730, 0)
"""For how long a key can be issued; 0 is for good."""

OVERLAPS = (0, 1, 24, 168)
"""For how many hours a replaced key can go on working."""

_LONGEST_LABEL = 200


@dataclass(frozen=True)
class Entered:
    """What somebody has entered to issue a key."""

    label: str = ""
    scopes: tuple[str, ...] = ()
    eservice_ids: tuple[str, ...] = ()
    days: str = "365"
    reason: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    """What is wrong: a field, and the code of what is."""

    @classmethod
    def read(cls, fields: Fields) -> "Entered":
        """Return what a form has brought along."""
        return cls(
            label=fields.get("label"),
            scopes=tuple(fields.all("scopes")),
            eservice_ids=tuple(fields.all("eservice_ids")),
            days=fields.get("days"),
            reason=read_reason(fields),
        )

    def check(self, eservices: Collection[Eservice], *, is_whole: bool) -> None:
        """Note what is wrong with it, for somebody who may give keys for these e-services."""
        known = {str(one.eservice_id) for one in eservices}
        if not self.label or len(self.label) > _LONGEST_LABEL or not self.label.isprintable():
            self.faults["label"] = "label"
        if not self.scopes or not set(self.scopes) <= set(Scope):
            self.faults["scopes"] = "scopes"
        if not set(self.eservice_ids) <= known or not (is_whole or self.eservice_ids):
            self.faults["eservice_ids"] = "eservice_ids"
        if self.days not in map(str, DAYS):
            self.faults["days"] = "days"

    def wish(self, organisation_id: UUID, now: datetime) -> Wish:
        """Return the key that is wished for, once nothing is wrong."""
        days = int(self.days)
        return Wish(
            label=self.label,
            scopes=tuple(Scope(scope) for scope in self.scopes),
            organisation_id=organisation_id,
            eservice_ids=tuple(UUID(one) for one in self.eservice_ids),
            expires_at=now + timedelta(days=days) if days else None,
        )
