"""Each path from outside leads to the program that answers there, and to no other."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.deploy.helm_chart import PROGRAMS, Manifest, component, render
from tests.deploy.program_paths import DESCRIPTION, OPERATIONS, create, described, paths_of

# Where it matters what stands there; elsewhere any word will do.
EXAMPLES = {
    "digest": "0123456789abcdef",
    "eservice_id": "9f1c2d3e-0000-5000-8000-000000000000",
    "organisation_id": "3a1c2d3e-0000-5000-8000-000000000000",
}

# What a controller has for the chart's three kinds of paths.
Routes = list[tuple[str, str, str]]


def ingress_routes(values: str = "everything") -> Routes:
    [ingress] = render(values).of_kind("Ingress")
    [rule] = ingress["spec"]["rules"]
    kinds = {"Exact": "Exact", "Prefix": "Prefix", "ImplementationSpecific": "Regex"}
    return [
        (kinds[one["pathType"]], one["path"], one["backend"]["service"]["name"])
        for one in rule["http"]["paths"]
    ]


def gateway_routes() -> Routes:
    kinds = {"Exact": "Exact", "PathPrefix": "Prefix", "RegularExpression": "Regex"}
    return [
        (kinds[match["path"]["type"]], match["path"]["value"], rule["backendRefs"][0]["name"])
        for route in render("everything").of_kind("HTTPRoute")
        for rule in route["spec"]["rules"]
        for match in rule["matches"]
    ]


def leads_to(routes: Routes, path: str) -> list[str]:
    """Return all backends that a path could be sent to."""
    return [backend for kind, route, backend in routes if takes(kind, route, path)]


def takes(kind: str, route: str, path: str) -> bool:
    if kind == "Exact":
        return path == route
    if kind == "Prefix":
        return path == route or path.startswith(route.rstrip("/") + "/")
    return re.match(route, path) is not None


def example(path: str) -> str:
    """Return a path with something in its braces; a folder gets a file."""
    filled = re.sub(r"{(\w+)(?::path)?}", lambda name: EXAMPLES.get(name[1], "word"), path)
    return filled + "file.css" if path.endswith("/") and path != "/" else filled


async def test_every_path_leads_to_one_program_that_answers_there(tmp_path: Path) -> None:
    answering: dict[str, set[str]] = {}
    for program in PROGRAMS:
        paths = paths_of(create(program, tmp_path)) - OPERATIONS - {DESCRIPTION}
        assert paths >= described(program)
        for path in paths:
            answering.setdefault(path, set()).add(f"live-arvio-{component(program)}")

    for path, backends in answering.items():
        for routes in (ingress_routes(), gateway_routes()):
            [backend] = leads_to(routes, example(path))
            assert backend in backends, path
    # The look of all pages is the same everywhere.
    shared = {path for path, backends in answering.items() if len(backends) > 1}
    assert shared == {"/static/pages/"}


@pytest.mark.parametrize("program", PROGRAMS)
async def test_what_a_program_tells_operators_is_not_to_be_had_from_outside(
    program: str, tmp_path: Path
) -> None:
    paths = paths_of(create(program, tmp_path))

    assert paths >= OPERATIONS
    for path in (*OPERATIONS, DESCRIPTION, "/operators"):
        assert leads_to(ingress_routes(), path) == []
        assert leads_to(gateway_routes(), path) == []


@pytest.mark.parametrize("program", PROGRAMS)
async def test_no_route_leads_to_a_program_that_has_nothing_there(
    program: str, tmp_path: Path
) -> None:
    backend = f"live-arvio-{component(program)}"
    paths = [example(path) for path in paths_of(create(program, tmp_path))]
    routes = [route for route in ingress_routes() if route[2] == backend]

    assert routes
    idle = [route for route in routes if not any(leads_to([route], path) for path in paths)]
    assert idle == []


async def test_a_controller_that_reads_all_paths_as_expressions_leads_right_too(
    tmp_path: Path,
) -> None:
    """As ingress-nginx does with `use-regex`: beginnings, in any case, the longest first."""
    routes = sorted(ingress_routes(), key=lambda route: len(route[1]), reverse=True)

    def first(path: str) -> str | None:
        return next(
            (name for _kind, route, name in routes if re.match(route, path, re.IGNORECASE)), None
        )

    for program in PROGRAMS:
        for path in paths_of(create(program, tmp_path)) - OPERATIONS - {DESCRIPTION}:
            if path != "/static/pages/":
                assert first(example(path)) == f"live-arvio-{component(program)}", path
    for path in (*OPERATIONS, DESCRIPTION, "/operators"):
        assert first(path) is None


def test_a_path_that_merely_resembles_another_leads_nowhere() -> None:
    for path in (
        "/ratings",
        "/v1/eservices/a/b/score",
        "/v1/eservices/a/scores",
        "/v1/organisations/a/scores",
        "/widget-zz.js",
        "/widget.js.map",
        "/static/other",
        "/e-servicesx",
        "/v1/published-not",
    ):
        assert leads_to(ingress_routes(), path) == [], path


def test_backends_are_services_of_the_release() -> None:
    services = {one["metadata"]["name"] for one in render("everything").of_kind("Service")}

    assert {backend for _kind, _path, backend in ingress_routes()} == services
    assert {backend for _kind, _path, backend in gateway_routes()} == services


def test_the_host_is_the_public_address() -> None:
    rendered = render("everything")
    [ingress] = rendered.of_kind("Ingress")
    told = rendered.one("ConfigMap", "publication")["data"]["ARVIO_HTTP__PUBLIC_BASE_URL"]
    host = urlsplit(told).hostname

    assert [rule["host"] for rule in ingress["spec"]["rules"]] == [host]
    assert ingress["spec"]["tls"] == [{"hosts": [host], "secretName": "arvio-example-fi"}]
    for route in rendered.of_kind("HTTPRoute"):
        assert route["spec"]["hostnames"] == [host]


def test_a_program_that_is_switched_off_has_no_route() -> None:
    rendered = render("everything", "programs.catalogue.enabled=false")
    [ingress] = rendered.of_kind("Ingress")

    def backends(manifest: Manifest) -> set[str]:
        [rule] = manifest["spec"]["rules"]
        return {one["backend"]["service"]["name"] for one in rule["http"]["paths"]}

    assert "live-arvio-catalogue" not in backends(ingress)
    assert len(rendered.of_kind("HTTPRoute")) == len(PROGRAMS) - 1
