"""The chart as the real Helm renders it."""

import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support.tools import tool

Manifest = dict[str, Any]

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "arvio"
VALUES = Path(__file__).parent / "values"
RELEASE, NAMESPACE = "live", "public-services"
PROGRAMS = ("catalogue", "rating_capture", "aggregation", "publication")

# What is rendered in most tests: the least, and the most.
SETS = ("required", "everything")


class HelmError(Exception):
    """Helm refused; the message is what it said."""


def helm(*arguments: str) -> str:
    """Run Helm and return what it prints."""
    done = subprocess.run(
        [tool("helm"), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise HelmError(done.stderr + done.stdout)
    return done.stdout


@dataclass(frozen=True)
class Rendered:
    """All manifests of a release."""

    manifests: list[Manifest] = field(repr=False)

    def of_kind(self, kind: str) -> list[Manifest]:
        """Return the manifests of a kind."""
        return [one for one in self.manifests if one["kind"] == kind]

    def one(self, kind: str, component: str) -> Manifest:
        """Return the manifest of a kind that belongs to a component."""
        name = f"{RELEASE}-arvio-{component}"
        [found] = [one for one in self.of_kind(kind) if one["metadata"]["name"] == name]
        return found

    @property
    def pods(self) -> list[Manifest]:
        """Return every pod's metadata and spec, whoever makes the pod."""
        return [pod for one in self.manifests for pod in _pods_of(one)]


def _pods_of(manifest: Manifest) -> list[Manifest]:
    if manifest["kind"] == "Pod":
        return [manifest]
    if manifest["kind"] == "CronJob":
        return _pods_of({"kind": "Job", "spec": manifest["spec"]["jobTemplate"]["spec"]})
    if manifest["kind"] in {"Deployment", "Job"}:
        return [manifest["spec"]["template"]]
    return []


@cache
def render(values: str = "required", *settings: str, release: str = RELEASE) -> Rendered:
    """Return the chart rendered with a file of values and `--set`s."""
    return render_file(VALUES / f"{values}.yaml", *settings, release=release)


def render_file(path: Path, *settings: str, release: str = RELEASE) -> Rendered:
    """Return the chart rendered with any file of values."""
    sets = [part for setting in settings for part in ("--set", setting)]
    printed = helm(
        "template", release, str(CHART), "--namespace", NAMESPACE, "--values", str(path), *sets
    )
    return Rendered([one for one in yaml.safe_load_all(printed) if one])


def component(program: str) -> str:
    """Return a program's name as Kubernetes spells it."""
    return program.replace("_", "-")


def labels(manifest: Manifest) -> dict[str, str]:
    """Return the labels of anything that has metadata."""
    found: dict[str, str] = manifest["metadata"]["labels"]
    return found


def container(pod: Manifest) -> Manifest:
    """Return a pod's only container."""
    [found] = pod["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def secret_files(pod: Manifest) -> list[str]:
    """Return the names under which secrets appear as files."""
    return [
        item["path"]
        for volume in pod["spec"].get("volumes", [])
        for source in volume.get("projected", {}).get("sources", [])
        for item in source["secret"]["items"]
    ]


def is_selected(selector: Manifest, by: dict[str, str]) -> bool:
    """Return whether a selector of labels takes something with these labels."""
    assert not set(selector) - {"matchLabels"}
    return all(by.get(name) == value for name, value in selector.get("matchLabels", {}).items())


def hooks(manifest: Manifest) -> list[str]:
    """Return the events at which a manifest is a hook."""
    annotations = manifest["metadata"].get("annotations", {})
    return [event for event in annotations.get("helm.sh/hook", "").split(",") if event]
