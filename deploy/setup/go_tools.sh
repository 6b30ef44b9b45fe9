#!/usr/bin/env bash
# Builds the checkers that are written in Go into .cache/go-tools: some minutes once, since
# Go keeps what it has built for the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."

tools=(
    helm.sh/helm/v4/cmd/helm@v4.3.1
    # Its command is called cmd: it loads and prints a Compose file.
    github.com/compose-spec/compose-go/v2/cmd@v2.16.2
)

mkdir -p .cache/go-tools
for tool in "${tools[@]}"; do
    echo "$tool …"
    GOBIN="$PWD/.cache/go-tools" GOFLAGS=-trimpath GOTOOLCHAIN=local \
        .venv/bin/go install "$tool" 2>.cache/go-tools.log || {
        cat .cache/go-tools.log
        exit 1
    }
done
