"""What the real Helm makes of the chart is what Kubernetes takes."""

import jsonschema_rs
import kubernetes_validate
import pytest

from tests.deploy.custom_resources import SCHEMAS
from tests.deploy.helm_chart import CHART, NAMESPACE, SETS, VALUES, helm, hooks, render

# The oldest that the chart asks for, one between, and the newest that is known here.
KUBERNETES = ("1.30", "1.34", "1.37")
LONGEST_RELEASE = "a-release-whose-name-is-as-long-as-helm-lets-it-be-53"


@pytest.mark.parametrize("values", SETS)
def test_helm_finds_nothing_to_warn_of(values: str) -> None:
    printed = helm("lint", "--strict", str(CHART), "--values", str(VALUES / f"{values}.yaml"))

    assert "[WARNING]" not in printed
    assert "[ERROR]" not in printed
    assert "1 chart(s) linted, 0 chart(s) failed" in printed


def test_helm_has_nothing_to_warn_of_before_anything_is_said() -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", str(CHART))


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("values", SETS)
def test_kubernetes_takes_every_manifest(values: str, version: str) -> None:
    manifests = [one for one in render(values).manifests if one["kind"] not in SCHEMAS]

    assert len(manifests) > 30
    for manifest in manifests:
        assert kubernetes_validate.validate(manifest, version, strict=True) == version


def test_kubernetes_would_refuse_a_wrong_one() -> None:
    deployment = render().one("Deployment", "catalogue")
    wrong = deployment | {"spec": deployment["spec"] | {"replica": 2}}

    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(wrong, KUBERNETES[0], strict=True)


@pytest.mark.parametrize("source", ["kafka", "prometheus"])
def test_what_is_not_kubernetes_own_has_its_documented_shape(source: str) -> None:
    rendered = render(
        "everything", f"keda.source={source}", "keda.prometheus.serverAddress=http://prometheus:1"
    )
    found = set()
    for manifest in rendered.manifests:
        if manifest["kind"] in SCHEMAS:
            jsonschema_rs.validate(SCHEMAS[manifest["kind"]], manifest)
            found.add(manifest["kind"])

    without = {"TriggerAuthentication"} if source == "prometheus" else set()
    assert found == set(SCHEMAS) - without


def test_only_what_is_asked_for_needs_more_than_kubernetes() -> None:
    assert not {one["kind"] for one in render().manifests} & {*SCHEMAS, "Ingress"}


@pytest.mark.parametrize("values", SETS)
@pytest.mark.parametrize("release", ["arvio", "live", LONGEST_RELEASE])
def test_names_are_valid_and_no_two_alike(values: str, release: str) -> None:
    manifests = render(values, release=release).manifests
    names = [(one["kind"], one["metadata"]["name"]) for one in manifests]

    assert len(names) == len(set(names))
    assert max(len(name) for _kind, name in names) <= 63
    for manifest in manifests:
        for value in manifest["metadata"]["labels"].values():
            assert len(value) <= 63


@pytest.mark.parametrize("values", SETS)
def test_everything_is_in_the_namespace_and_labelled_by_convention(values: str) -> None:
    for manifest in render(values).manifests:
        metadata = manifest["metadata"]
        assert metadata["namespace"] == NAMESPACE
        assert {
            "app.kubernetes.io/name",
            "app.kubernetes.io/instance",
            "app.kubernetes.io/component",
            "app.kubernetes.io/part-of",
            "app.kubernetes.io/version",
            "app.kubernetes.io/managed-by",
            "helm.sh/chart",
        } <= set(metadata["labels"])


def test_two_releases_share_no_name_and_no_pod() -> None:
    ours, theirs = render(release="live"), render(release="test")
    names = [{one["metadata"]["name"] for one in both.manifests} for both in (ours, theirs)]
    selectors = [
        str(one["spec"]["selector"]) for both in (ours, theirs) for one in both.of_kind("Service")
    ]

    assert not names[0] & names[1]
    assert len(selectors) == len(set(selectors))


@pytest.mark.parametrize("values", SETS)
def test_the_notes_lead_on(values: str) -> None:
    printed = helm(
        *("install", "live", str(CHART), "--dry-run=client", "--values"),
        str(VALUES / f"{values}.yaml"),
    )

    notes = printed.partition("\nNOTES:\n")[2]
    assert "helm test live" in notes
    assert "https://arvio.example.fi" in notes
    assert ("Any address can be reached" in notes) == (values == "required")


def test_a_package_of_the_chart_is_rendered_alike(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("package")
    helm("package", str(CHART), "--destination", str(folder))
    [package] = folder.glob("arvio-*.tgz")
    values = str(VALUES / "everything.yaml")

    packed = helm("template", "live", str(package), "--values", values)

    assert packed == helm("template", "live", str(CHART), "--values", values)


def test_hooks_are_all_of_one_kind_or_another() -> None:
    events = {tuple(hooks(one)) for one in render("everything").manifests}

    assert events == {(), ("pre-install", "pre-upgrade"), ("test",)}
