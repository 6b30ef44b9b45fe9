"""Prometheus and Alertmanager: what they watch, and when they tell whom."""

from pathlib import Path

HERE = Path(__file__).parent

_ADDRESS = "127.0.0.1:8080"
_RULES = "- rules/*.yml"


def embedded_configuration(port: int) -> str:
    """Return `prometheus.embedded.yml` for a stack on another port, to be put anywhere."""
    text = (HERE / "prometheus.embedded.yml").read_text(encoding="utf-8")
    return text.replace(f'"{_ADDRESS}"', f'"127.0.0.1:{port}"').replace(
        _RULES, f"- {HERE}/rules/*.yml"
    )
