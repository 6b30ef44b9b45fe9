"""OpenAPI of every program."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import SecretStr

from services.aggregation.app import create_program as create_aggregation
from services.aggregation.settings import Settings as AggregationSettings
from services.catalogue.app import create_program as create_catalogue
from services.catalogue.settings import Settings as CatalogueSettings
from services.publication.app import create_program as create_publication
from services.publication.settings import Settings as PublicationSettings
from services.rating_capture.app import create_program as create_rating_capture
from services.rating_capture.settings import Settings as RatingCaptureSettings
from shared.http import Program, create_application
from shared.settings import TokenSettings

_TOKENS = TokenSettings(signing_secret=SecretStr("only to describe the calls"))


def programs(var_dir: Path) -> dict[str, Callable[[], Program]]:
    """Return how each program is made, by name, with nothing started."""
    return {
        "aggregation": lambda: create_aggregation(AggregationSettings(var_dir=var_dir)),
        "catalogue": lambda: create_catalogue(CatalogueSettings(var_dir=var_dir, tokens=_TOKENS)),
        "publication": lambda: create_publication(PublicationSettings(var_dir=var_dir)),
        "rating_capture": lambda: create_rating_capture(
            RatingCaptureSettings(var_dir=var_dir, tokens=_TOKENS)
        ),
    }


def openapi() -> dict[str, dict[str, Any]]:
    """Return the document of each program, by name."""
    with TemporaryDirectory() as folder:
        return {
            name: create_application(create()).api.openapi()
            for name, create in programs(Path(folder)).items()
        }
