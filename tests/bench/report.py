"""What was measured: figures with their baselines and aims, as a table and as JSON."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

_MARKS = {True: "✓", False: "✗", None: ""}
_BEGIN, _END = "<!-- figures: make bench writes them -->", "<!-- end of figures -->"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number that was measured, and what it may be held against."""

    section: str
    name: str
    value: float
    unit: str
    baseline: str = ""
    """What the ratio is to."""

    baseline_value: float | None = None
    aim: str = ""
    is_met: bool | None = None
    note: str = ""

    ratio_of_rounds: float | None = None
    """The median of the ratios of rounds, where both were measured in turns."""

    @property
    def ratio(self) -> float | None:
        """Value / baseline."""
        if self.ratio_of_rounds is not None:
            return self.ratio_of_rounds
        return self.value / self.baseline_value if self.baseline_value else None


def machine() -> dict[str, str | int]:
    """Return what the figures depend on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gigabytes": round(memory_bytes / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_before": f"{os.getloadavg()[0]:.2f}",
    }


def print_table(figures: list[Figure], facts: dict[str, str | int]) -> None:
    """Print everything as one table."""
    table = Table(
        title="Arvio: "
        + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items()),
        title_justify="left",
    )
    for column, justify in (
        ("", "left"),
        ("figure", "left"),
        ("value", "right"),
        ("baseline", "left"),
        ("ratio", "right"),
        ("aim", "left"),
        ("note", "left"),
    ):
        table.add_column(column, justify="right" if justify == "right" else "left")
    section = ""
    for each in figures:
        table.add_row(
            each.section if each.section != section else "",
            each.name,
            f"{_text(each.value)} {each.unit}".strip(),
            f"{each.baseline} {_text(each.baseline_value)}" if each.baseline_value else "",
            f"{each.ratio:.2f}" if each.ratio is not None else "",
            f"{_MARKS[each.is_met]} {each.aim}".strip(),
            each.note,
            end_section=False,
        )
        section = each.section
    Console(width=None if Console().is_terminal else 160).print(table)


def write_json(path: Path, figures: list[Figure], facts: dict[str, str | int]) -> None:
    """Write everything for a machine to compare."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**asdict(each), "ratio": each.ratio} for each in figures]
    path.write_text(json.dumps({"machine": facts, "figures": rows}, indent=1) + "\n")


def write_document(path: Path, figures: list[Figure], facts: dict[str, str | int]) -> None:
    """Put the figures between the two marks of a Markdown file, instead of those before."""
    rows = [
        "| Figure | Value | Beside it | Aim | |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {each.section}: {each.name} | {_text(each.value)} {each.unit} | "
            + (
                f"{each.ratio:.2f} × {each.baseline} ({_text(each.baseline_value)})"
                if each.ratio
                else ""
            )
            + f" | {_MARKS[each.is_met]} {each.aim} | {each.note} |"
            for each in figures
        ),
    ]
    machine_line = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items())
    before, _, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    after = rest.partition(_END)[2]
    table = "\n".join(rows)
    path.write_text(
        f"{before}{_BEGIN}\n{machine_line}\n\n{table}\n{_END}{after}", encoding="utf-8"
    )


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of the values are (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _text(value: float | None) -> str:
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
