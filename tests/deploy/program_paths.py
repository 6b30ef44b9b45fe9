"""Every path that a program answers on, hidden ones included, from the program itself."""

import importlib
import json
from pathlib import Path

from fastapi.routing import iter_route_contexts

from shared.http import Program, create_application
from tests.deploy.helm_chart import ROOT

# For Kubernetes and Prometheus, and no business of the world's.
OPERATIONS = frozenset({"/health/live", "/health/ready", "/metrics"})

# Each program describes itself there: no path of one program among several.
DESCRIPTION = "/openapi.json"


def create(program: str, folder: Path) -> Program:
    """Return a program that is not started. Call it while an event loop runs."""
    settings = importlib.import_module(f"services.{program}.settings").Settings(
        var_dir=folder, tokens={"signing_secret": "a-secret-of-more-than-16-characters"}
    )
    found = importlib.import_module(f"services.{program}.app").create_program(settings)
    assert isinstance(found, Program)
    return found


def paths_of(program: Program) -> set[str]:
    """Return its paths; what varies is in braces, and a folder of files ends in a slash."""
    api = create_application(program).api
    found = {context.path_format for context in iter_route_contexts(api.routes)}
    found |= {path for _method, path in program.hot_routes}
    folders = {f"{path}/" for path in program.static}
    return {path for path in found if path and not path.startswith(tuple(folders))} | folders


def described(program: str) -> set[str]:
    """Return the paths of the program's published description."""
    text = (ROOT / "docs" / "openapi" / f"{program}.json").read_text(encoding="utf-8")
    return set(json.loads(text)["paths"])
