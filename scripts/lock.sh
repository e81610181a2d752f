#!/bin/sh
# Resolves what pyproject.toml asks for and writes the two lock files: every version with its hashes, for every
# supported Python and system. Neither holds an address: an install takes the files from the index that its user has
# configured, and the hashes decide whether they are the right ones.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-uv}
export UV_PYTHON_DOWNLOADS=never

resolve() { # FILE OPTION...
    file=$1
    shift
    "$uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-annotate --no-header --upgrade --output-file "$file.new" "$@"
    if grep -n '://' "$file.new"; then
        echo "lock.sh: $file would hold an address" >&2
        rm -f "$file.new"
        exit 1
    fi
    { printf '# Made by `make lock`; do not edit.\n'; cat "$file.new"; } >"$file"
    rm -f "$file.new"
    echo "$file: $(grep -c '==' "$file") versions"
}

resolve minikf/requirements.lock --extra embedded
resolve requirements-dev.lock --extra embedded --extra dev --constraint minikf/requirements.lock
