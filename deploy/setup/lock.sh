#!/usr/bin/env bash
# Locks requirements*.in with hashes. The locks name no registry and no path, so
# that they hold wherever packages come from.
set -euo pipefail
cd "$(dirname "$0")/../.."

for name in requirements requirements-dev requirements-deploy; do
    .venv/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
        --output-file "$name.txt" "$@" "$name.in"
done
