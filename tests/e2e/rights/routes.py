"""Every route of every program, as the programs themselves tell them."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, Route

import services
from deploy.embedded.operators import HttpSource, operators
from shared.http import create_application

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


class Call(NamedTuple):
    """One method of one route."""

    method: str
    path: str

    @property
    def parameters(self) -> list[str]:
        """The names of what the address leaves open."""
        return _PARAMETER.findall(self.path)

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.method not in {"GET", "HEAD", "OPTIONS"}

    def filled(self, values: dict[str, str]) -> str:
        """Return the address with values in place of names."""
        return _PARAMETER.sub(lambda found: values[found.group(1)], self.path)


def every_call(folder: Path) -> list[Call]:
    """Return what all programs and the operators' page answer to; none is started."""
    programs = [_program(name, folder) for name in _names()]
    # The operators' page asks for nothing until it is opened.
    shown = operators(programs, {}, HttpSource("http://unused", ""), base_url="http://unused")
    application = create_application(*programs, shown)
    found = {Call(*hot) for program in programs for hot in program.hot_routes}
    for context in iter_route_contexts(application.api.routes):
        route = context.original_route
        if isinstance(route, Mount):
            # Files that are the same for everybody: style sheets, scripts, the widget.
            continue
        assert isinstance(route, Route), f"{route} is of a kind that this walk does not know"
        found |= {Call(method, str(context.path)) for method in route.methods or ()}
    return sorted(call for call in found if call.method != "HEAD")


def _names() -> Iterator[str]:
    for module in pkgutil.iter_modules(services.__path__):
        if module.ispkg:
            yield module.name


def _program(name: str, folder: Path) -> Any:  # noqa: ANN401  each program has settings of its own
    settings = importlib.import_module(f"services.{name}.settings").Settings
    told: dict[str, object] = {"var_dir": folder, "mode": "embedded"}
    if "tokens" in settings.model_fields:
        told["tokens"] = {"signing_secret": "only to have routes"}
    return importlib.import_module(f"services.{name}.app").create_program(settings(**told))
