"""The bases, made from Debian's packages since none can be pulled, and the image on them."""

import shutil
import tarfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.deploy.engine import ROOT, Engine, run

BASE = "localhost/arvio-base:bookworm"
NODE_BASE = "localhost/arvio-node:bookworm"
IMAGE = "localhost/arvio:test"
VERSION = "0.1.0"

# Debian's npm brings four hundred packages; the registry's brings itself.
NPM = "npm@10.9.4"

CONTEXT = (
    *("Dockerfile", ".dockerignore", "package.json", "package-lock.json", "requirements.txt"),
    *("deploy", "services", "shared"),
)
CERTIFICATES = Path("/etc/ssl/certs")


def ensure_base(engine: Engine) -> str:
    """Return the base with Python: Debian bookworm has the version that the Dockerfile names."""
    if not engine.has(BASE):
        with TemporaryDirectory(dir=ROOT / ".cache") as folder:
            wanted = "--include=python3,python3-venv,ca-certificates"
            run("debootstrap", "--variant=minbase", wanted, "bookworm", folder)
            for made in ("var/cache/apt/archives", "var/lib/apt/lists", "var/log"):
                shutil.rmtree(Path(folder) / made)
                (Path(folder) / made).mkdir()
            container = engine.buildah("from", "scratch")
            engine.buildah("copy", "--quiet", container, folder, "/")
            engine.buildah("commit", "--quiet", "--rm", container, BASE)
    return BASE


def ensure_node_base(engine: Engine) -> str:
    """Return the base with Node and npm, in which widget and styles are built."""
    if not engine.has(NODE_BASE):
        container = engine.buildah("from", ensure_base(engine))
        install = "apt-get update -qq && apt-get install -qq -y --no-install-recommends nodejs"
        inside = ("run", "--isolation", "chroot", "--network", "host", container, "--")
        engine.buildah(*inside, "sh", "-c", install)
        with TemporaryDirectory() as folder:
            packed = run("npm", "pack", "--silent", "--pack-destination", folder, NPM)
            with tarfile.open(Path(folder) / packed.splitlines()[-1]) as archive:
                archive.extractall(folder, filter="data")
            place = "/usr/local/lib/node_modules/npm"
            engine.buildah("copy", "--quiet", container, f"{folder}/package", place)
        link = ("ln", "-s", "../lib/node_modules/npm/bin/npm-cli.js", "/usr/local/bin/npm")
        engine.buildah(*inside, *link)
        engine.buildah("commit", "--quiet", "--rm", container, NODE_BASE)
    return NODE_BASE


def host_settings(folder: Path) -> list[str]:
    """Return mounts that let pip and npm in a build reach what they reach on this machine."""
    pip = ["[global]"]
    for line in run("python3", "-m", "pip", "config", "list").splitlines():
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2]
        if key in {"cert", "index-url", "extra-index-url", "trusted-host", "timeout"}:
            pip.append(f"{key} = {value.strip().strip(chr(39))}")
    npm = [
        f"{key}={value}"
        for key in ("registry", "cafile")
        if (value := run("npm", "config", "get", key)) not in {"", "null", "undefined"}
    ]
    (folder / "pip.conf").write_text("\n".join(dict.fromkeys(pip)) + "\n")
    (folder / "npmrc").write_text("\n".join(npm) + "\n")
    return [
        f"--volume={CERTIFICATES}:{CERTIFICATES}:ro",
        f"--volume={folder}/pip.conf:/etc/pip.conf:ro",
        f"--volume={folder}/npmrc:/root/.npmrc:ro",
    ]


def copy_context(folder: Path) -> None:
    """Copy what a fresh checkout has: the ignored rest is large, and the build would walk it."""
    names = run("git", "ls-files", "--cached", "--others", "--exclude-standard", *CONTEXT)
    for name in names.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


@cache
def ensure_image(engine: Engine) -> str:
    """Build the real Dockerfile and return the image; steps that have not changed are kept."""
    arguments = {
        "BASE": ensure_base(engine),
        "NODE_BASE": ensure_node_base(engine),
        "VERSION": VERSION,
        "REVISION": run("git", "rev-parse", "HEAD"),
    }
    with TemporaryDirectory() as folder, TemporaryDirectory() as context:
        copy_context(Path(context))
        engine.buildah(
            "bud",
            *("--layers", "--isolation", "chroot", "--network", "host"),
            # OCI's own format has no word for a health check.
            *("--format", "docker"),
            *(f"--build-arg={name}={value}" for name, value in arguments.items()),
            *host_settings(Path(folder)),
            *("--tag", IMAGE, context),
            seconds=900,
        )
    return IMAGE


def megabytes(engine: Engine, image: str) -> int:
    """Return how large an image is, without what it shares with nothing but its base."""
    return int(engine.inspect(image)["Size"]) // 1_000_000
