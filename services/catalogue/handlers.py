"""Kafka in: keys come back by their topic, as to every program; scores come, too."""

from services.catalogue.key_uses import KeyUses
from services.catalogue.standings import Standings
from shared.events import ApiKeyChanged, ApiKeyUsed, ScorePublished
from shared.http import KeyRing


def on_api_key_changed(event: ApiKeyChanged, *, keys: KeyRing) -> None:
    """Let the key's present state decide from here on; running twice changes nothing."""
    keys.on_api_key_changed(event)


def on_api_key_used(event: ApiKeyUsed, *, uses: KeyUses) -> None:
    """Keep that the key was used; running twice changes nothing."""
    uses.note(event)


def on_score_published(event: ScorePublished, *, standings: Standings) -> None:
    """Show an organisation how its e-services stand; an older score changes nothing."""
    standings.on_score_published(event)
