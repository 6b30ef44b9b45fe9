"""The dashboard of the journey: from a person's stars to what everybody sees."""

from deploy.grafana import variables
from deploy.grafana.layout import Page
from deploy.grafana.rows.journey import (
    glance,
    programs,
    step_1_sent,
    step_2_fact,
    step_3_published,
    step_4_heard,
    step_5_stored,
    step_6_counted,
    step_7_scored,
    step_8_score_published,
    step_9_seen,
)


def page() -> Page:
    """Return the dashboard."""
    return Page(
        uid="arvio-journey",
        title="Arvio · Journey",
        says="Does every rating become part of a published score, and how fast? One row for each "
        "step: how many, how many fail, how long it takes, what waits.",
        rows=[
            glance.row(),
            step_1_sent.row(),
            step_2_fact.row(),
            step_3_published.row(),
            step_4_heard.row(),
            step_5_stored.row(),
            step_6_counted.row(),
            step_7_scored.row(),
            step_8_score_published.row(),
            step_9_seen.row(),
            programs.row(),
        ],
        variables=[variables.job()],
        since="now-1h",
        refresh="5s",
    )
