"""One file for each dashboard: which rows it has, and what can be chosen."""

from collections.abc import Sequence

from deploy.grafana.dashboards import eservice, journey, nation, organisation, stores
from deploy.grafana.layout import Page


def pages(base_url: str) -> Sequence[Page]:
    """Return all dashboards; `base_url` is where Arvio's own pages are."""
    return [
        journey.page(),
        eservice.page(base_url),
        organisation.page(base_url),
        nation.page(),
        stores.page(),
    ]
