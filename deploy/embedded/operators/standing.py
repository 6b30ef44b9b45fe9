"""Whether everything works, and if not, what is wrong and where it says what to do."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.embedded.operators.rows import Row
from shared import logs
from shared.http import Program
from shared.http.program import Check

_log = logs.logger(__name__)

LONGEST_SECONDS = 1.0
LATE_SECONDS = 2.0
"""Later than that a score is late (docs/runbooks/README.md)."""

MANY_WAITING = 1_000

_FIRST, _HEARD, _SCORED = 1, 4, 8

RUNBOOKS: dict[tuple[str, str], str] = {
    ("*", "broker"): "broker-away",
    ("embedded", "kafka_node"): "broker-away",
    ("aggregation", "store"): "store-away",
    ("catalogue", "store"): "store-away",
    ("aggregation", "dead_letters"): "intake-stopped",
    ("aggregation", "intake"): "events-waiting",
    ("catalogue", "outbox"): "outbox-waiting",
}
"""What to do about a check that fails, by program and check; otherwise `not-ready`."""

OTHERWISE = "not-ready"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One thing that keeps programs from working."""

    check: str
    programs: tuple[str, ...]
    details: tuple[str, ...]
    """What the checks themselves say, in English."""

    runbook: str


@dataclass(frozen=True, kw_only=True)
class Concern:
    """Something that works, but is worth a look."""

    kind: str
    number: float
    runbook: str


@dataclass(frozen=True)
class Standing:
    """How everything stands."""

    programs: Sequence[tuple[str, bool]]
    """Each program, and whether it is ready."""

    troubles: Sequence[Trouble]
    concerns: Sequence[Concern]

    @property
    def word(self) -> str:
        """Return the state in one word that is not for people."""
        if self.troubles:
            return "wrong"
        return "doubtful" if self.concerns else "well"


async def find_standing(
    programs: Sequence[Program], rows: Sequence[Row], longest_seconds: float = LONGEST_SECONDS
) -> Standing:
    """Ask every check at once; one that breaks or hangs is a trouble, too."""
    asked = [
        (program.name, name, check)
        for program in programs
        for name, check in program.checks.items()
    ]
    said = await asyncio.gather(*(_ask(check, longest_seconds) for _, _, check in asked))
    failing = [
        (program, name, sentence)
        for (program, name, _), sentence in zip(asked, said, strict=True)
        if sentence is not None
    ]
    down = {program for program, _, _ in failing}
    return Standing(
        [(program.name, program.name not in down) for program in programs],
        together(failing),
        concerns(rows),
    )


def together(failing: Sequence[tuple[str, str, str]]) -> list[Trouble]:
    """Return program, check and sentence as troubles: one cause is said once."""
    causes: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for program, check, sentence in failing:
        # Every program sees the same brokers; a store is each program's own.
        owner = "*" if ("*", check) in RUNBOOKS else program
        causes.setdefault((owner, check), []).append((program, sentence))
    return [
        Trouble(
            check=check if owner == "*" else f"{owner}.{check}",
            programs=tuple(dict.fromkeys(program for program, _ in each)),
            details=tuple(dict.fromkeys(sentence for _, sentence in each)),
            runbook=RUNBOOKS.get((owner, check), OTHERWISE),
        )
        for (owner, check), each in causes.items()
    ]


def concerns(rows: Sequence[Row]) -> list[Concern]:
    """Return what the journey's numbers give cause to look at."""
    by_number = {row.number: row for row in rows}
    door, heard, scored = by_number[_FIRST], by_number[_HEARD], by_number[_SCORED]
    found: list[Concern] = []
    if door.failed:
        found.append(Concern(kind="door", number=door.failed, runbook="error-budget-burn"))
    if heard.letters:
        found.append(Concern(kind="letters", number=heard.letters, runbook="dead-letters-waiting"))
    if heard.waiting is not None and heard.waiting > MANY_WAITING:
        found.append(Concern(kind="waiting", number=heard.waiting, runbook="lag-growing"))
    if scored.slow is not None and scored.slow > LATE_SECONDS:
        found.append(Concern(kind="late", number=scored.slow, runbook="scores-late"))
    return found


async def _ask(check: Check, longest_seconds: float) -> str | None:
    try:
        return await asyncio.wait_for(check(), longest_seconds)
    except TimeoutError:
        return "the check does not answer"
    except Exception as error:  # noqa: BLE001  whatever breaks in a check is what the page is for
        _log.warning("check_failed", error=str(error))
        return f"the check breaks: {error!r}"
