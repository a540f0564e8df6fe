#!/usr/bin/env bash
# Web archives to a dataset: `examples/web_archives.sh news crawl/*.warc.gz`.
set -euo pipefail
out=$1
shift
here=$(dirname "$0")

cleancopy run "$@" --out "$out" --config "$here/web_archives.toml" --direct
cleancopy verify "$out"
