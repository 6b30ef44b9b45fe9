"""Every metric that the catalogue exposes."""

from prometheus_client import Counter, Gauge

OUTBOX_WAITING = Gauge(
    "arvio_outbox_waiting",
    "Events that are in the store but not yet in Kafka.",
)
CATALOGUE_CHANGES = Counter(
    "arvio_catalogue_changes_total",
    "States that this process has written, each with its event, by topic.",
    ["topic"],
)
SIGN_INS = Counter(
    "arvio_sign_ins_total",
    "Ways back from the sign-in service, by how they ended: done, denied, over, refused, "
    "deactivated, unavailable.",
    ["outcome"],
)
