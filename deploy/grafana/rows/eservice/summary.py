"""What there is of one e-service, in one line of numbers."""

from grafana_foundation_sdk.builders import stat

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, change, number
from deploy.grafana.sources import Sql

_SAYS = {
    "Ratings": "Ratings in the chosen time, without suspected ones; of all questions.",
    "Completions": "Transactions completed in the e-service itself, as it reports them.",
    "Comments": "Ratings with a comment. What was written is for the organisation alone.",
    "Suspected": "Ratings that are kept but left out, because they look like a flood.",
}


def row() -> Row:
    """Return the row."""
    newest = number(
        Shown(
            title="Newest rating",
            says="How long ago the newest rating was given, to the minute.",
            unit="s",
            queries=[Sql("eservice_newest")],
            width=8,
            height=4,
            empty="none for three days",
        )
    )
    return Row(title="Now", panels=[newest, *(_one(name) for name in _SAYS)])


def _one(name: str) -> stat.Panel:
    panel = number(
        Shown(
            title=name,
            says=_SAYS[name],
            unit="short",
            queries=[Sql("eservice_summary")],
            width=4,
            height=4,
        )
    )
    return change(panel, "filterFieldsByName", include={"names": [name]})
