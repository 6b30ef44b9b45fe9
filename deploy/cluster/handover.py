"""`cluster.json`: tells whoever works with the cluster where everything is."""

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deploy.cluster.layout import Layout

FILE_NAME = "cluster.json"


class Part(BaseModel):
    """One process: where it answers, and the folder with its `pid` and its logs."""

    model_config = ConfigDict(frozen=True)

    name: str
    address: str
    folder: Path


class Handover(BaseModel):
    """What is in the file; written when everything is ready, gone while it is not."""

    model_config = ConfigDict(frozen=True)

    kafka_bootstrap_servers: str
    clickhouse_dsn: str
    clickhouse_is_stand_in: bool
    api_key: str
    brokers: Sequence[Part]
    processes: Sequence[Part]


def handover(layout: Layout, api_key: str) -> Handover:
    """Return what is to be told of this cluster."""
    own = [layout.store] if layout.store else []
    return Handover(
        kafka_bootstrap_servers=layout.kafka.bootstrap_servers,
        clickhouse_dsn=layout.clickhouse_dsn,
        clickhouse_is_stand_in=layout.store is not None,
        api_key=api_key,
        brokers=[
            Part(name=f"kafka-{node.node_id}", address=node.address, folder=node.folder)
            for node in layout.nodes
        ],
        processes=[
            Part(name=plan.name, address=plan.base_url, folder=plan.folder)
            for plan in (*own, *layout.programs)
        ],
    )


def write(folder: Path, content: Handover) -> None:
    """Put the file there at once as a whole, readable by its owner only: it has a key in it."""
    draft = folder / f".{FILE_NAME}"
    draft.touch(mode=0o600)
    text = json.dumps(content.model_dump(mode="json"), ensure_ascii=False, indent=1)
    draft.write_text(f"{text}\n", encoding="utf-8")
    draft.replace(folder / FILE_NAME)


def remove(folder: Path) -> None:
    """Take the file away: the cluster is not ready."""
    (folder / FILE_NAME).unlink(missing_ok=True)


def guide(content: Handover, *, log_folder: Path, seconds: float) -> str:
    """Return the lines that tell a person where everything is."""
    parts = [*content.brokers, *content.processes]
    width = max(len(part.name) for part in parts) + 2
    lines = [f"  {part.name:<{width}}{part.address}" for part in parts]
    if content.clickhouse_is_stand_in:
        lines.append(f"  {'':<{width}}(clickhouse is a stand-in for development, see docs)")
    lines += ["", f"  {'API key':<{width}}{content.api_key}"]
    lines.append(f"  {'Logs':<{width}}{log_folder}/<name>/")
    return "\n".join(
        [
            "",
            f"The cluster is ready after {seconds:.1f} s. Ctrl-C stops it; kill what you like.",
            "",
            *lines,
            "",
            "",
        ]
    )
