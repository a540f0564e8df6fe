#!/usr/bin/env bash
# A run on a Dask cluster, here of two workers on this machine: `examples/on_dask.sh news dumps/`.
set -euo pipefail
out=$1
shift
port=${PORT:-8786}

dask scheduler --host 127.0.0.1 --port "$port" --no-dashboard &
# On each machine of a real cluster, as many workers as it has cores.
dask worker "tcp://127.0.0.1:$port" --nworkers "${WORKERS:-2}" --nthreads 1 --no-dashboard &
trap 'kill $(jobs -p)' EXIT

cleancopy run "$@" --out "$out" --direct \
    --set run.engine=dask --set "run.dask_address=tcp://127.0.0.1:$port"
