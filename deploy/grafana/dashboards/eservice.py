"""The dashboard of one e-service."""

from deploy.grafana import variables
from deploy.grafana.layout import Page, link
from deploy.grafana.rows.eservice import answers, ratings, score, summary


def page(base_url: str) -> Page:
    """Return the dashboard."""
    return Page(
        uid="arvio-eservice",
        title="Arvio · E-service",
        says="How is one e-service rated right now, how good is it, how sure is that, and who "
        "answers? The organisation sees more here than the public may: do not pass it on.",
        rows=[summary.row(), ratings.row(), score.row(), answers.row()],
        variables=[
            variables.organisations(),
            variables.eservice(),
            variables.question_of_eservice(),
            variables.grain(),
            variables.least(),
            variables.base_url(base_url),
        ],
        since="now-7d",
        refresh="10s",
        links=[link("Public page", "${base_url}/e-services/${eservice_id}")],
    )
