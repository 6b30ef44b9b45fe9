"""A check is switched off only where the list of suppressions is seen to grow."""

import re

from tests.contract.suppressions import ROOT, allowed, count

BARE = re.compile(r"# noqa(?:: [A-Z]+\d+(?:, ?[A-Z]+\d+)*)?$", re.MULTILINE)


def test_no_check_is_switched_off_more_often_than_listed() -> None:
    assert count() - allowed() == {}, "make schemas, and say why in the commit"


def test_every_suppression_says_why() -> None:
    silent = [
        f"{path.relative_to(ROOT)}: {match}"
        for part in ("deploy", "services", "shared")
        for path in (ROOT / part).rglob("*.py")
        for match in BARE.findall(path.read_text(encoding="utf-8"))
    ]

    assert silent == []
