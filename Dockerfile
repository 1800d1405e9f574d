# Hip-Spine CDS as a container.
#
# The service refuses to listen beyond loopback until it is told three things:
#   HIPSPINE_PUBLIC_URL               the address under which EHRs reach it
#   HIPSPINE_ACCEPT_UNREVIEWED_RULES  "yes", as long as rules await their clinical review
#   HIPSPINE_TRUST_FILE               the file of the systems that may call (docs/operate/trust.md), mounted; or
#   HIPSPINE_ACCEPT_UNKNOWN_CALLERS   "yes", where something in front checks the callers
#
#   docker build -t hip-spine-cds .
#   docker run --rm -p 8000:8000 --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -e HIPSPINE_PUBLIC_URL=https://cds.example.org -e HIPSPINE_ACCEPT_UNREVIEWED_RULES=yes \
#     -e HIPSPINE_ACCEPT_UNKNOWN_CALLERS=yes hip-spine-cds
#
# Another base (a mirror, a digest, one with the site's certificate authority): --build-arg BASE=...
# Another package index: --build-arg PIP_INDEX_URL=...
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS builder
ARG PIP_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_INPUT=1 \
    PIP_PROGRESS_BAR=off \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements.lock requirements-build.lock ./
RUN python -m venv --without-pip /opt/hip-spine \
 && python -m pip --python /opt/hip-spine/bin/python install --require-hashes -r requirements.lock \
 && python -m pip install --require-hashes -r requirements-build.lock
COPY pyproject.toml LICENSE NOTICE ./
COPY rules rules
COPY cards cards
COPY cds_service cds_service
RUN python -m hatchling build -t wheel \
 && python -m pip --python /opt/hip-spine/bin/python install --no-deps --no-index dist/*.whl

FROM ${BASE}
LABEL org.opencontainers.image.title="Hip-Spine CDS" \
      org.opencontainers.image.description="CDS Hooks service for hip and lumbar spine care" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 hip-spine \
 && useradd --uid 10001 --gid 10001 --no-create-home --no-log-init \
      --home-dir /var/lib/hip-spine --shell /usr/sbin/nologin hip-spine \
 && install -d -o 10001 -g 10001 -m 0750 /var/lib/hip-spine
COPY --from=builder /opt/hip-spine /opt/hip-spine
ENV PATH=/opt/hip-spine/bin:$PATH \
    HOME=/var/lib/hip-spine \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HIPSPINE_HOST=0.0.0.0 \
    HIPSPINE_PORT=8000 \
    HIPSPINE_STATE_DIR=/var/lib/hip-spine
WORKDIR /var/lib/hip-spine
# The state directory is all that is written to, beside gunicorn's heartbeat files in /dev/shm (or /tmp).
VOLUME /var/lib/hip-spine
USER 10001:10001
EXPOSE 8000
# Not through urllib: a proxy in the environment must not be asked about this container's own loopback.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['HIPSPINE_PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
# SIGTERM drains: requests under way are answered, then the process ends with status 0.
CMD ["python", "-m", "cds_service", "serve"]
