# The bot in a small image: the environment is built in one stage from the lock file, and copied into another without tools.
# Actions run in this container too: what they need beyond sh, git and python, install in an image made FROM this one, as root. So do the extras:
# `RUN pip install boto3` for secrets of AWS, `RUN pip install kubernetes_asyncio` for deployments to clusters.
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/penstock && /opt/penstock/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY providers providers
RUN /opt/penstock/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm
# git mirrors and checks out, with LFS where a pipeline asks for it; tini passes signals on and reaps what actions leave behind;
# hosts are trusted by their certificates; schedules know time zones; ssh-keygen signs commits of GitOps.
RUN apt-get update && apt-get install --yes --no-install-recommends git git-lfs openssh-client ca-certificates tini tzdata && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 penstock && useradd --uid 10001 --gid 10001 --create-home --home-dir /var/lib/penstock penstock \
    && install --directory --owner penstock --group penstock --mode 0700 /var/lib/penstock/data
COPY --from=build /opt/penstock /opt/penstock
ENV PATH=/opt/penstock/bin:$PATH PENSTOCK_HOST=0.0.0.0 PENSTOCK_DATA_DIR=/var/lib/penstock/data PENSTOCK_LOG_FORMAT=json
# In numbers, by which Kubernetes sees that it is not root (runAsNonRoot).
USER 10001:10001
WORKDIR /var/lib/penstock
VOLUME /var/lib/penstock/data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as http; http.build_opener(http.ProxyHandler({})).open('http://127.0.0.1:' + os.environ.get('PENSTOCK_PORT', '8080') + '/healthz', timeout=4)"]
ENTRYPOINT ["tini", "--", "penstock"]
CMD ["serve"]
