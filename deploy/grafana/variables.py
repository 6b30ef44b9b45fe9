"""What the reader of a dashboard chooses, and what links need to know."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import (
    VariableHide,
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from deploy.grafana.sources import CLICKHOUSE, PROMETHEUS, statement
from shared.scores import ThresholdSettings

Variable = Builder[VariableModel]

_GRAINS = {"hour": "1 HOUR", "day": "1 DAY", "week": "1 WEEK", "month": "1 MONTH"}


def job() -> Variable:
    """Return which programs are shown: what Prometheus calls their job."""
    return (
        dashboard.QueryVariable("job")
        .label("Program")
        .description("Which programs are shown, by the name that Prometheus scrapes them under.")
        .query("label_values(arvio_build_info, job)")
        .datasource(PROMETHEUS)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .current(VariableOption(text="All", value="$__all"))
    )


def organisations() -> Variable:
    """Return which organisations are shown: all of them, unless some are chosen."""
    return (
        _organisation()
        .multi(multi=True)
        .include_all(include_all=True)
        .current(VariableOption(text="All", value="$__all"))
    )


def organisation() -> Variable:
    """Return the one organisation that is shown."""
    return _organisation()


def eservice() -> Variable:
    """Return the e-service that is shown, one of the chosen organisations'."""
    return _of_clickhouse(
        "eservice_id",
        "E-service",
        "Which e-service is shown, by the name that the catalogue has.",
        "variable_eservices",
    )


def question_of_eservice() -> Variable:
    """Return the question of which mean and distribution are shown; most answered first."""
    return _question("variable_questions_of_eservice")


def question() -> Variable:
    """Return the question by which e-services are compared; most widely asked first."""
    return _question("variable_questions")


def grain() -> Variable:
    """Return how long the periods are over which a mean is taken."""
    return (
        dashboard.CustomVariable("grain")
        .label("Mean over")
        .description("How long the periods are over which means and response rates are taken.")
        .values(",".join(f"{text} : {value}" for text, value in _GRAINS.items()))
        .options(
            [
                VariableOption(text=text, value=value, selected=text == "day")
                for text, value in _GRAINS.items()
            ]
        )
        .current(VariableOption(text="day", value=_GRAINS["day"], selected=True))
    )


def least() -> Variable:
    """Return of how many ratings a mean may be said; below that it is not shown."""
    return (
        dashboard.ConstantVariable("least")
        .label("Least ratings")
        .description("Below so many ratings no mean is shown: it would say too little.")
        .value(str(ThresholdSettings().min_ratings))
    )


def base_url(value: str) -> Variable:
    """Return where Arvio's own pages are, for links to them."""
    return (
        dashboard.TextBoxVariable("base_url")
        .label("Arvio's address")
        .description("Where Arvio's public pages are; links to an e-service's page begin so.")
        .default_value(value)
        .current(VariableOption(text=value, value=value))
        .hide(VariableHide.HIDE_VARIABLE)
    )


def _organisation() -> dashboard.QueryVariable:
    return _of_clickhouse(
        "organisation_id",
        "Organisation",
        "Whose e-services are shown, by the name that the catalogue has.",
        "variable_organisations",
    )


def _question(name: str) -> dashboard.QueryVariable:
    return _of_clickhouse(
        "question_id",
        "Question",
        "One question at a time: a mean over several would move when their mix does.",
        name,
    ).sort(VariableSort.DISABLED)


def _of_clickhouse(name: str, label: str, says: str, sql: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .description(says)
        .query(statement(sql))
        .datasource(CLICKHOUSE)
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(VariableSort.DISABLED)
    )
