"""What is printed when the stack is ready: where to look."""

from deploy.embedded.handover import Handover

_WIDTH = 26


def guide(handover: Handover, *, demo_page: str | None, seconds: float) -> str:
    """Return the lines that tell a person where everything is."""
    base = handover.base_url
    places = [
        ("Published scores", f"{base}/e-services"),
        ("Organisations' pages", f"{base}/manage  (be one of the made-up people)"),
        ("Operators' page", f"{base}/operators"),
        ("Calls (OpenAPI)", f"{base}/openapi.json"),
        ("Kafka", handover.kafka_bootstrap_servers),
        ("API key for development", handover.api_key),
    ]
    if handover.eservices:
        eservice = handover.eservices[0]
        places[1:1] = [
            (f"… {eservice.name[:22]}", f"{base}/e-services/{eservice.eservice_id}"),
            ("… its plain rating page", f"{base}/r/{eservice.eservice_id}"),
        ]
    if demo_page:
        places.insert(0, ("An e-service's last page", f"{demo_page}  (rate there)"))
    lines = [f"  {label:<{_WIDTH}}{place}" for label, place in places]
    return "\n".join(
        ["", f"Arvio is ready after {seconds:.1f} s. Ctrl-C stops it.", "", *lines, ""]
    )
