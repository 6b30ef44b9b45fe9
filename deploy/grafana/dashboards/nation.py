"""The dashboard of all organisations."""

from deploy.grafana import variables
from deploy.grafana.layout import Page
from deploy.grafana.rows.overview import coverage, eservices, organisations, ratings


def page() -> Page:
    """Return the dashboard."""
    return Page(
        uid="arvio-nation",
        title="Arvio · Nation",
        says="How many of the country's e-services are measured, how fresh the ratings are, and "
        "where something has changed since last month.",
        rows=[coverage.row(), organisations.row(), eservices.row(), ratings.row()],
        variables=[variables.organisations(), variables.question(), variables.least()],
        since="now-30d",
        refresh="1m",
    )
