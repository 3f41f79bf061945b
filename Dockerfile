# The bot without its development tools: dependencies by hash, no root, nothing written but /data.
# compose.yaml shows it with a read-only root file system and secrets as files.

FROM python:3.12-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python3 -m venv /opt/supportbot
COPY requirements.lock requirements-build.lock ./
RUN /opt/supportbot/bin/python -m pip install --require-hashes --only-binary :all: -r requirements.lock -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY adapters adapters
# What built it is not needed to run it.
RUN /opt/supportbot/bin/python -m pip install --no-deps --no-build-isolation --no-index . \
 && /opt/supportbot/bin/python -m pip uninstall --yes setuptools pip \
 && /opt/supportbot/bin/python -m compileall -q /opt/supportbot/lib

FROM python:3.12-slim AS image
LABEL org.opencontainers.image.title="supportbot" \
      org.opencontainers.image.description="Discord and Matrix support requests become FreeScout tickets" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/supportbot /opt/supportbot
# A numeric user, so that an orchestrator can see that it is not root. /data belongs to it: store, keys and spool.
RUN groupadd --gid 10001 supportbot \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin supportbot \
 && mkdir /data && chown 10001:10001 /data && chmod 0700 /data
ENV PATH=/opt/supportbot/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONFAULTHANDLER=1 \
    HOME=/data \
    SUPPORTBOT_WEB__HOST=0.0.0.0
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# The port follows the environment; with another port in the settings file, give this check another command.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python3", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('SUPPORTBOT_WEB__PORT', '8080')}/healthz\", timeout=4)"]
# Reads ./config.toml, that is /data/config.toml, when there is one; the environment and /run/secrets suffice too.
CMD ["supportbot", "run"]
