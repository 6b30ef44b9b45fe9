"""The dashboard of one organisation."""

from deploy.grafana import variables
from deploy.grafana.layout import Page, link
from deploy.grafana.rows.overview import coverage, eservices, ratings


def page(base_url: str) -> Page:
    """Return the dashboard."""
    return Page(
        uid="arvio-organisation",
        title="Arvio · Organisation",
        says="Which of one organisation's e-services are rated, how well, and what has changed "
        "since last month?",
        rows=[coverage.row(), eservices.row(), ratings.row()],
        variables=[
            variables.organisation(),
            variables.question(),
            variables.least(),
            variables.base_url(base_url),
        ],
        since="now-30d",
        refresh="1m",
        links=[link("Published e-services", "${base_url}/e-services")],
    )
