"""Kafka in: keys come back to the catalogue by their topic, as to every other program."""

from shared.events import ApiKeyChanged
from shared.http import KeyRing


def on_api_key_changed(event: ApiKeyChanged, *, keys: KeyRing) -> None:
    """Let the key's present state decide from here on; running twice changes nothing."""
    keys.on_api_key_changed(event)
