# One image for every program; the command says which one runs. See docs/deployment.md.
#
# The bases are pinned by tag here, and by digest where you build for production:
#   --build-arg BASE=python:3.11.14-slim-bookworm@sha256:…
ARG BASE=python:3.11.14-slim-bookworm
ARG NODE_BASE=node:22.20.0-bookworm-slim

# ---------------------------------------------------------------- widget, styles, scripts
FROM ${NODE_BASE} AS front-end
WORKDIR /src
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --no-fund --no-audit --loglevel=error
COPY shared/pages shared/pages
COPY services/rating_capture/widget services/rating_capture/widget
RUN npm run --silent build

# ---------------------------------------------------------------- packages and code
FROM ${BASE} AS python
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /opt/arvio
RUN python3 -m venv /opt/venv
# ClickHouse's engine in process, and what it brings along, is most of all bytes. A server takes
# its place here; empty, this leaves nothing out.
ARG LEAVE_OUT="chdb chdb-core pandas pyarrow"
COPY requirements.txt /opt/requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip \
    awk -v names="${LEAVE_OUT}" \
        'BEGIN {count = split(names, list, " "); for (i = 1; i <= count; i++) out[list[i]]} \
         /^[a-z0-9]/ {split($1, name, "=="); keep = !(name[1] in out)} keep' \
        /opt/requirements.txt > /opt/wanted.txt \
    && /opt/venv/bin/pip install --no-compile --disable-pip-version-check --quiet \
        --require-hashes --no-deps --only-binary :all: -r /opt/wanted.txt \
    # Tests of packages and what Python needs for building are of no use where programs run.
    && find /opt/venv/lib -type d \( -name tests -o -name test \) -prune -exec rm -rf {} + \
    && /opt/venv/bin/pip uninstall --quiet --yes setuptools pip \
    && rm -rf /opt/venv/lib/python3.*/site-packages/phonenumbers/geodata \
    && find /opt/venv -name '*.pyi' -delete \
    # Byte code is written here, once, since nothing can be written where it runs.
    && /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib
COPY deploy deploy
COPY shared shared
COPY services services
COPY --from=front-end /src/shared/pages/static shared/pages/static
COPY --from=front-end /src/services/rating_capture/static services/rating_capture/static
ARG VERSION=0.1.0
# Programs ask Python which version of Arvio is installed.
RUN rm -rf services/rating_capture/widget shared/pages/scripts shared/pages/styles \
    && find shared/pages -maxdepth 1 \( -name '*.mjs' -o -name 'tsconfig.json' \) -delete \
    && mkdir "arvio-${VERSION}.dist-info" \
    && printf 'Metadata-Version: 2.1\nName: arvio\nVersion: %s\n' "${VERSION}" \
        > "arvio-${VERSION}.dist-info/METADATA" \
    && /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/arvio

# ---------------------------------------------------------------- what runs
FROM ${BASE}
RUN groupadd --gid 10001 arvio \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/arvio --shell /usr/sbin/nologin arvio \
    && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/arvio
COPY --from=python /opt/venv /opt/venv
COPY --from=python /opt/arvio /opt/arvio
WORKDIR /opt/arvio
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ARVIO_VAR_DIR=/var/lib/arvio \
    ARVIO_HTTP__HOST=0.0.0.0 \
    ARVIO_HTTP__PORT=8080
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["sh", "-c", "exec python deploy/health.py \"${ARVIO_HTTP__PORT}\""]
CMD ["python", "-c", "raise SystemExit('Say which program to run, such as: python -m services.publication')"]

ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="Arvio" \
      org.opencontainers.image.description="Measures the quality of digital public e-services and shows it while it happens." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
