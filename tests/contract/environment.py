"""`.env.example`: every variable, with its sentence and its default."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from deploy.cluster.settings import Settings as ClusterSettings
from deploy.embedded.settings import Settings as EmbeddedSettings
from deploy.grafana.settings import Settings as GrafanaSettings
from deploy.simulation.settings import Settings as SimulationSettings
from services.aggregation.settings import Settings as AggregationSettings
from services.catalogue.settings import Settings as CatalogueSettings
from services.publication.settings import Settings as PublicationSettings
from services.rating_capture.settings import Settings as RatingCaptureSettings
from shared.settings import ArvioSettings, Section

SETTINGS: tuple[type[BaseSettings], ...] = (
    ArvioSettings,
    CatalogueSettings,
    RatingCaptureSettings,
    AggregationSettings,
    PublicationSettings,
    EmbeddedSettings,
    GrafanaSettings,
    ClusterSettings,
    SimulationSettings,
)

_HEAD = """\
# Every variable that Arvio reads, with its default. `make schemas` writes this file.
# Secrets can also come as files in the folder that ARVIO_SECRETS_DIR names.
"""


def variables() -> dict[str, tuple[str, str, str]]:
    """Return section, sentence and default of each variable, by its name."""
    found: dict[str, tuple[str, str, str]] = {}
    for settings in SETTINGS:
        for name, variable in _variables(settings):
            found.setdefault(name, variable)
    return found


def _variables(settings: type[BaseSettings]) -> Iterator[tuple[str, tuple[str, str, str]]]:
    prefix = str(settings.model_config.get("env_prefix", ""))
    own = settings.__doc__ or ""
    for name, field in settings.model_fields.items():
        section = _section_of(field)
        if section is None:
            title = own if prefix != "ARVIO_" else ""
            alias = field.validation_alias
            full = alias if isinstance(alias, str) else f"{prefix}{name}".upper()
            yield full, (_line(title), _line(field.description), _default(field))
            continue
        for inner, inner_field in section.model_fields.items():
            yield (
                f"{prefix}{name}__{inner}".upper(),
                (_line(section.__doc__), _line(inner_field.description), _default(inner_field)),
            )


def _section_of(field: FieldInfo) -> type[BaseModel] | None:
    annotation = field.annotation
    options = (
        get_args(annotation) if get_origin(annotation) in {Union, UnionType} else [annotation]
    )
    for option in options:
        if isinstance(option, type) and issubclass(option, Section):
            return option
    return None


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True)
    if field.is_required() or value is None or isinstance(value, SecretStr):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, tuple | list):
        return json.dumps([str(part) for part in value])
    return str(value)


def env_example() -> str:
    """Return the content of `.env.example`."""
    lines = [_HEAD]
    by_section: dict[str, list[str]] = {}
    for name, (section, sentence, default) in variables().items():
        by_section.setdefault(section, []).append(f"# {sentence}\n#{name}={default}\n")
    for section, entries in by_section.items():
        if section:
            lines.append(f"\n# ---- {section}\n")
        lines += ["\n" + entry for entry in entries]
    return "".join(lines)
