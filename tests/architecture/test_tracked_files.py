"""What is checked in holds on any machine: no registry, no path of one's own, no leftovers."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Written in parts, so that this file does not find itself.
REGISTRIES = "|".join(
    re.escape(host)
    for host in (
        "pypi" + ".org",
        "files.python" + "hosted.org",
        "registry.npm" + "js.org",
        "repo1." + "maven.org",
        "repo.maven." + "apache.org",
        "proxy.go" + "lang.org",
    )
)
PATHS = r"(?<![\w.-])/(work|home/\w+|root|tmp)/\w+"
LEFTOVERS = r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b"
TEXT = {".py", ".md", ".toml", ".txt", ".in", ".json", ".yaml", ".yml", ".sh", ".ts", ".mjs",
        ".css", ".html", ".sql", ".xml", ".po", ".properties", ".example", ""}  # fmt: skip


def tracked() -> list[Path]:
    git = shutil.which("git")
    assert git is not None
    names = subprocess.run(
        [git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    files = [ROOT / name for name in names.split("\0") if name]
    return [path for path in files if path.suffix in TEXT and path.is_file()]


@pytest.mark.parametrize(
    ("what", "pattern"),
    [("a registry", REGISTRIES), ("a path of one machine", PATHS), ("a leftover", LEFTOVERS)],
)
def test_no_tracked_file_names(what: str, pattern: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked()
        for match in re.finditer(pattern, path.read_text(encoding="utf-8", errors="ignore"))
    ]

    assert found == [], f"{what} is named"


def test_no_python_module_is_too_long_to_read() -> None:
    longest = 320
    code = [path for path in tracked() if path.suffix == ".py" and "tests" not in path.parts]

    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in code
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > longest
    }

    assert too_long == {}
