#!/usr/bin/env bash
# Installs the Debian packages that are missing: `run`, `test`, `deploy` or `bench` says for what.
set -euo pipefail

declare -A packages=()

# need COMMAND PACKAGE: the package is wanted where the command is missing.
need() {
    command -v "$1" >/dev/null 2>&1 || packages["$2"]=1
}

case "${1:-}" in
run)
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || packages[python3-venv]=1
    need java openjdk-17-jre-headless
    need mvn maven
    need node nodejs
    need npm npm
    ;;
test)
    need chromium chromium
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages[postgresql]=1
    ;;
deploy)
    need buildah buildah
    need podman podman
    need runc runc
    need debootstrap debootstrap
    ;;
bench)
    need wrk wrk
    ;;
*)
    echo "usage: $0 run|test|deploy|bench" >&2
    exit 2
    ;;
esac

((${#packages[@]})) || exit 0
missing="${!packages[*]}"

as_root=()
if ((EUID != 0)); then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    else
        echo "Arvio needs these Debian packages, and may not install them itself: $missing" >&2
        echo "Please run: sudo apt-get install --no-install-recommends $missing" >&2
        exit 1
    fi
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Arvio needs what these Debian packages bring; there is no apt-get here: $missing" >&2
    exit 1
fi

echo "Debian packages: $missing …"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
# shellcheck disable=SC2086  a list of names
"${as_root[@]}" apt-get install -qq --no-install-recommends -y $missing >/dev/null
