"""Buildah and Podman as they run on a machine without Docker, systemd or cgroups of its own."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).parents[2]

# Kernels that let a process in a container have no more than it was given.
LIMITS = ("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096")

# As little as a program may be given.
LEAST = ("--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", *LIMITS)

# Where the engine itself puts names of hosts and secrets.
MOUNTED = frozenset({"/etc", "/etc/mtab", "/run", "/run/secrets"})


def run(*command: str, seconds: float = 600, check: bool = True) -> str:
    """Return what a command prints; raises with all that it said where it fails."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if check and done.returncode:
        said = f"{' '.join(command)}\nexit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        raise AssertionError(said)
    return done.stdout.strip()


def overlays_work() -> bool:
    """Return whether the kernel lays one folder over another here."""
    with TemporaryDirectory(dir=ROOT / ".cache") as folder:
        parts = {name: Path(folder) / name for name in ("lower", "upper", "work", "merged")}
        for part in parts.values():
            part.mkdir()
        options = f"lowerdir={parts['lower']},upperdir={parts['upper']},workdir={parts['work']}"
        mount = ("mount", "-t", "overlay", "overlay", "-o", options, str(parts["merged"]))
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            return False
        run("umount", str(parts["merged"]))
        return True


@dataclass(frozen=True)
class Engine:
    """Images and containers in a folder of their own, kept between runs."""

    folder: Path = field(default=ROOT / ".cache" / "containers")

    @cached_property
    def storage(self) -> tuple[str, ...]:
        """Where images are; vfs, where overlays can't be had, copies all for each container."""
        driver = "overlay" if overlays_work() else "vfs"
        place = self.folder / driver
        # Podman takes no more than 50 characters here, wherever the checkout is.
        known_by = sha256(str(place).encode()).hexdigest()[:8]
        running = Path(gettempdir()) / f"arvio-{known_by}"
        return ("--storage-driver", driver, "--root", str(place), "--runroot", str(running))

    @property
    def podman_arguments(self) -> tuple[str, ...]:
        """What Podman is told before its command."""
        return (*self.storage, "--runtime", "runc", "--cgroup-manager", "cgroupfs")

    def buildah(self, *arguments: str, seconds: float = 600) -> str:
        """Run Buildah and return what it prints."""
        return run("buildah", *self.storage, *arguments, seconds=seconds)

    def podman(self, *arguments: str, seconds: float = 120, check: bool = True) -> str:
        """Run Podman and return what it prints."""
        return run("podman", *self.podman_arguments, *arguments, seconds=seconds, check=check)

    def has(self, image: str) -> bool:
        """Return whether there is such an image."""
        return image in self.podman("images", "--format", "{{.Repository}}:{{.Tag}}").split()

    def inspect(self, image: str) -> dict[str, Any]:
        """Return what the image says of itself."""
        [found] = json.loads(self.podman("image", "inspect", image))
        assert isinstance(found, dict)
        return found

    @contextmanager
    def container(
        self, image: str, command: Sequence[str], *options: str
    ) -> Iterator["Container"]:
        """Run a container on the host's network until the context ends."""
        name = f"arvio-test-{uuid4().hex[:8]}"
        self.podman("run", "--detach", "--name", name, "--network", "host", *LEAST, *options,
                    image, *command)  # fmt: skip
        container = Container(self, name)
        try:
            yield container
        finally:
            self.podman("rm", "--force", "--volumes", "--time", "5", name, check=False)


@dataclass(frozen=True)
class Container:
    """One container that was started."""

    engine: Engine
    name: str

    def state(self) -> dict[str, Any]:
        """Return what the engine knows of it."""
        [found] = json.loads(self.engine.podman("container", "inspect", self.name))
        return dict(found["State"])

    def logs(self) -> str:
        """Return what it has said."""
        both = ("sh", "-c", '"$@" 2>&1', "sh", "podman", *self.engine.podman_arguments)
        return run(*both, "logs", self.name)

    def healthy(self) -> bool:
        """Run the image's own health check, once, and return what it says."""
        command = ("podman", *self.engine.podman_arguments, "healthcheck", "run", self.name)
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def stop(self, seconds: int = 40) -> int:
        """Send what the image says stops it, and return the exit code."""
        self.engine.podman("stop", "--time", str(seconds), self.name)
        return int(self.state()["ExitCode"])

    def written(self) -> list[str]:
        """Return what has been written outside the volumes, but for the engine's own mounts."""
        changes = (line.split(maxsplit=1)[1] for line in
                   self.engine.podman("diff", self.name).splitlines())  # fmt: skip
        return [path for path in changes if path not in MOUNTED]
