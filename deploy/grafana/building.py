"""Turns dashboards into JSON, always the same for the same code."""

import json
from collections.abc import Mapping
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.dashboards import pages
from deploy.grafana.layout import build


def dashboards(base_url: str) -> dict[str, str]:
    """Return the JSON of each dashboard by its uid."""
    return {
        page.uid: json.dumps(
            build(page), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False
        )
        + "\n"
        for page in pages(base_url)
    }


def write(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Write each dashboard into a file of its own, and take away what we no longer make."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {folder / f"{uid}.json": text for uid, text in files.items()}
    for old in set(folder.glob("arvio-*.json")) - set(wanted):
        old.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    return sorted(wanted)
