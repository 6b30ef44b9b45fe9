"""Valid PTV entries; a test states only what it is about."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

PTV_FILE = Path(__file__).parents[2] / "deploy" / "simulation" / "ptv.json"
"""The made-up e-services of the simulation."""

SPACE = UUID("aaaaaaaa-0000-4000-8000-000000000000")


def ptv_id(name: str) -> str:
    return str(uuid5(SPACE, name))


def named(name: str) -> list[dict[str, str]]:
    return [{"language": "fi", "value": name, "type": "Name"}]


def organization(name: str = "org", **more: object) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": ptv_id(name),
        "organizationNames": named(name),
        "publishingStatus": "Published",
        "modified": "2026-03-02T08:15:00",
    }
    return entry | more


def service(
    name: str = "service", *channels: str, owner: str = "org", **more: object
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": ptv_id(name),
        "serviceNames": named(name),
        "serviceDescriptions": [{"language": "fi", "value": "Teksti", "type": "Summary"}],
        "serviceChannels": [{"serviceChannel": {"id": ptv_id(each)}} for each in channels],
        "organizations": [{"organization": {"id": ptv_id(owner)}, "roleType": "Responsible"}],
        "publishingStatus": "Published",
        "modified": "2026-03-02T08:15:00",
    }
    return entry | more


def channel(
    name: str = "channel", *services: str, owner: str = "org", **more: object
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": ptv_id(name),
        "serviceChannelType": "EChannel",
        "organizationId": ptv_id(owner),
        "serviceChannelNames": named(name),
        "webPages": [{"url": "https://asiointi.example.invalid/", "language": "fi"}],
        "services": [{"service": {"id": ptv_id(each)}} for each in services],
        "publishingStatus": "Published",
        "modified": "2026-03-02T08:15:00",
    }
    return entry | more
