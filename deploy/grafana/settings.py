"""Every variable that building and publishing dashboards reads."""

from pydantic import SecretStr

from shared.settings import ArvioSettings, Section


class GrafanaSettings(Section):
    """Where dashboards are published, and by whom."""

    url: str = "http://127.0.0.1:3000"
    """Address of the Grafana server, with its path where it has one."""

    token: SecretStr | None = None
    """Token of a service account that may edit dashboards and folders; no default."""


class Settings(ArvioSettings):
    """What building and publishing dashboards reads."""

    grafana: GrafanaSettings = GrafanaSettings()
