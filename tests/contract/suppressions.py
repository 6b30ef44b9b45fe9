"""Counts the checks that are switched off for one line: `tests/architecture/suppressions.txt`."""

import re
import subprocess
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SUPPRESSIONS = ROOT / "tests" / "architecture" / "suppressions.txt"

_RULES = re.compile(r"#\s*(?:noqa: ((?:[A-Z]+\d+(?:, ?)?)+)|type: ignore\[([a-z, -]+)\])")


def count() -> Counter[str]:
    """Return how often each rule is switched off, in code and in tests."""
    names = subprocess.run(
        ["git", "ls-files", "*.py"],  # noqa: S607  git is where it is
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    found: Counter[str] = Counter()
    for name in names:
        if (ROOT / name).is_file():
            for rules in _RULES.findall((ROOT / name).read_text(encoding="utf-8")):
                found.update(rule.strip() for rule in ",".join(rules).split(",") if rule.strip())
    return found


def suppressions() -> str:
    """Return the content of the file: rule and count, by rule."""
    head = (
        "# How often each check is switched off for one line; `make schemas` writes this file.\n"
    )
    return head + "".join(f"{rule} {times}\n" for rule, times in sorted(count().items()))


def allowed() -> Counter[str]:
    """Return the counts that are checked in."""
    lines = SUPPRESSIONS.read_text(encoding="utf-8").splitlines()
    pairs = [line.split() for line in lines if not line.startswith("#")]
    return Counter({rule: int(times) for rule, times in pairs})
