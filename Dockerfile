# The image of a server: `docker build -t enfilade .`. `--build-arg LOCK=requirements-otel.lock` adds tracing.
# tests/project/test_image.py runs the steps in a bare folder, so they use paths below /app only, and stay simple.

FROM node:20-slim AS graphiql
WORKDIR /app/ide
COPY ide/package.json ide/package-lock.json ./
RUN npm ci --no-audit --no-fund --loglevel error
COPY ide ./
RUN npm run --silent build -- --logLevel warn

FROM python:3.11-slim AS packages
ARG LOCK=requirements.lock
WORKDIR /app
COPY requirements*.lock ./
RUN python3 -m venv .venv
# Wheels only, so that nothing has to be compiled.
RUN .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes --only-binary :all: -r $LOCK
RUN .venv/bin/python -m pip uninstall --quiet --yes setuptools pip

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home enfilade
RUN rm -rf /usr/local/lib/python3.11/site-packages/pip* /usr/local/lib/python3.11/site-packages/setuptools* /usr/local/bin/pip*
WORKDIR /app
COPY --from=packages /app/.venv ./.venv
COPY --from=graphiql /app/ide/dist ./ide/dist
COPY pyproject.toml LICENSE ./
COPY models ./models
COPY resolvers ./resolvers
COPY subscriptions ./subscriptions
COPY schema ./schema
COPY server ./server
RUN .venv/bin/python -m compileall -q models resolvers subscriptions schema server
RUN mkdir var && chown 10001:10001 var
ENV HOST=0.0.0.0 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD [".venv/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT [".venv/bin/python", "-m", "server"]
CMD ["run"]
