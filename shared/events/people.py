"""Facts about the people who work with Arvio: what they may do, and since when."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from shared import topics
from shared.events.base import Event
from shared.rights import Grant


class PersonChanged(Event):
    """Somebody was added, was given or lost rights, or signed out.

    Published by the catalogue; read by aggregation, which shows numbers and comments to
    people who have signed in; the catalogue asks its own store. A name or an address does
    not belong here: nobody else needs them.
    """

    topic: ClassVar[topics.Topic] = topics.PERSON_CHANGED

    person_id: UUID
    grants: tuple[Grant, ...] = ()
    is_active: bool = True
    """Whether they may sign in and do anything at all."""

    sessions_valid_from: AwareDatetime | None = None
    """Sessions that began before are over."""

    ended_session_ids: tuple[UUID, ...] = ()
    """Sessions that were ended before their time and have not run out by themselves."""
