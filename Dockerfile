# syntax=docker/dockerfile:1
# `docker build -t cleancopy:0.3.0 .`, then `docker run --rm cleancopy:0.3.0` cleans the sample.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
RUN python -m pip install --no-cache-dir uv==0.13.9
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE NOTICE ./
COPY src src
COPY config config
COPY flows flows
COPY packaging packaging
# In the versions of the lock, each held to its hash.
RUN uv venv /opt/venv \
    && uv pip install --python /opt/venv/bin/python --constraint requirements.lock ./packaging/core ".[s3,dask]" \
    && /opt/venv/bin/python -m compileall -q /opt/venv

FROM python:${PYTHON}-slim
RUN useradd --create-home --uid 1000 cleancopy && install --directory --owner cleancopy /data
COPY --from=build /opt/venv /opt/venv
WORKDIR /opt/cleancopy
COPY flows flows
COPY prefect.toml ./
COPY data/raw data/raw
USER cleancopy
ENV PATH=/opt/venv/bin:$PATH
VOLUME /data
CMD ["cleancopy", "run", "data/raw", "--out", "/data/out"]
