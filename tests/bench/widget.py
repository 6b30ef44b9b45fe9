"""How many bytes a page loads for the widget."""

import gzip
from pathlib import Path

from tests.bench.processes import ROOT
from tests.bench.report import Figure

_AIM_BYTES = 6 * 1024
_FILE = ROOT / "services" / "rating_capture" / "static" / "widget.js"


async def measure(_folder: Path) -> list[Figure]:
    """Weigh the built widget as it goes over the wire."""
    content = _FILE.read_bytes()
    packed = len(gzip.compress(content, 9))
    return [
        Figure(
            section="widget",
            name="widget.js, gzip",
            value=packed,
            unit="B",
            baseline="not compressed",
            baseline_value=len(content),
            aim=f"≤ {_AIM_BYTES:,} B, better 3,072",
            is_met=packed <= _AIM_BYTES,
        )
    ]
