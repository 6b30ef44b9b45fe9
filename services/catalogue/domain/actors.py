"""Who changes something: every transaction that writes names them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Actor(BaseModel):
    """Who changes something, and why if they said so."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    kind: Literal["person", "key", "command", "program"]
    """A person who signed in, an API key, the command line, or Arvio itself."""

    actor_id: str = ""
    """The person's or the key's id; a command's or a program's name."""

    name: str = ""
    """As people know them: a person's name, a key's label, who is logged in on the machine."""

    reason: str = ""
    """Why, in their own words."""


def program(name: str) -> Actor:
    """Return Arvio itself, doing what comes with a release or by the clock."""
    return Actor(kind="program", actor_id=name)
