"""docker-compose.yml, the Dockerfile and the proxy's configuration, as tests read them."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "Dockerfile"
CADDYFILE = ROOT / "deploy" / "compose" / "Caddyfile"
PROGRAMS = tuple(sorted(path.parent.name for path in ROOT.glob("services/*/__main__.py")))

_DEFAULT = re.compile(r"\$\{(\w+)(?::?([-?])([^{}]*))?\}")


def interpolated(text: str, **given: str) -> str:
    """Return text with Compose's variables as given, or else by their defaults."""
    return _DEFAULT.sub(lambda found: given.get(found[1], found[3] or ""), text)


@cache
def compose() -> dict[str, Any]:
    """Return docker-compose.yml with its defaults."""
    found = yaml.safe_load(interpolated(FILE.read_text(encoding="utf-8"), ARVIO_SECRETS="secrets"))
    assert isinstance(found, dict)
    return found


def services() -> dict[str, dict[str, Any]]:
    """Return each service by its name."""
    return dict(compose()["services"])


def ours() -> dict[str, dict[str, Any]]:
    """Return the services that run our image."""
    return {name: one for name, one in services().items() if "build" in one}


def program_of(service: dict[str, Any]) -> str | None:
    """Return the program that a service runs, if it runs one."""
    [python, dash_m, module, *rest] = service["command"]
    assert (python, dash_m) == ("python", "-m")
    package, _, name = module.rpartition(".")
    return name if package == "services" and not rest else None


def dockerfile() -> str:
    """Return the Dockerfile with its continued lines joined."""
    return DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")


@dataclass(frozen=True)
class Route:
    """Paths that the proxy sends to one program."""

    program: str
    patterns: tuple[str, ...]

    def takes(self, path: str) -> bool:
        """Return whether a path is one of them, as Caddy compares: `*` within one segment,
        and at the end whatever comes."""
        return any(_expression(pattern).fullmatch(path) for pattern in self.patterns)


def _expression(pattern: str) -> re.Pattern[str]:
    middle, last = (pattern[:-1], ".*") if pattern.endswith("*") else (pattern, "")
    return re.compile("[^/]*".join(re.escape(part) for part in middle.split("*")) + last)


def routes() -> list[Route]:
    """Return the proxy's routes in the order in which it tries them."""
    text = CADDYFILE.read_text(encoding="utf-8")
    return [
        Route(name, tuple(paths.split()))
        for name, paths in re.findall(r"@(\w+) path (.+)\n\s*handle @\1 {", text)
    ]


def program_at(path: str) -> str | None:
    """Return the program that the proxy sends a path to."""
    return next((route.program for route in routes() if route.takes(path)), None)
