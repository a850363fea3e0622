# syntax=docker/dockerfile:1
FROM python:3.12-slim AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
RUN uv venv .venv
COPY requirements-production.lock ./
RUN uv pip sync --python .venv/bin/python --require-hashes requirements-production.lock
COPY pyproject.toml README.md ./
COPY server server
COPY games games
COPY economy economy
COPY telemetry telemetry
RUN uv pip install --python .venv/bin/python --no-deps --editable .

FROM node:22-slim AS frontend
WORKDIR /static
COPY static/package.json static/package-lock.json static/.npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home casino
WORKDIR /app
COPY --from=build /app /app
COPY docs/fairness.md docs/fairness-vectors.json docs/
COPY static static
COPY --from=frontend /static/node_modules static/node_modules
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000
USER casino
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=2)"]
CMD ["casino", "web"]
