#!/bin/sh
# Installs MiniKF for one user: no root, no Docker, only Python. `./install.sh --help` says what it can do.
set -eu

FIRST_MINOR=11 # the Pythons 3.x that every dependency of the embedded engine supports (minikf/engine/parts.py)
LAST_MINOR=13
NEEDED_KB=1500000 # environment, download cache and room to unpack

usage() {
    cat <<'END'
Usage: ./install.sh [OPTIONS]            install (or repair), then: minikf up --engine embedded, minikf demo
       ./install.sh test [PYTEST ARGS]   prepare .venv in this checkout and run the tests
       ./install.sh download DIR         fill DIR with all that an installation without network needs
       ./install.sh --uninstall [--purge]

Options:
  --wheels DIR    take every package from DIR; no network is used
  --wheel FILE    install this wheel of MiniKF instead of the checkout that this script lies in
  --python FILE   use this Python (3.11 to 3.13)
  --no-demo       do not run the demo at the end
  --no-up         install only: start nothing
  --uninstall     remove what this script installed; platforms are stopped, their data is kept
  --purge         with --uninstall: remove all platforms with their data and all caches, too

It can be interrupted and run again: it goes on where it was. Settings of pip (pip.conf, PIP_*) and uv (uv.toml,
UV_*) are honoured.
END
}

# ---- words ----------------------------------------------------------------------------------------------------------

say() { printf '%s\n' "$*"; }
fail() { # WHAT WHY TRY
    printf 'error: %s\n' "$1" >&2
    [ -z "${2:-}" ] || printf '  why: %s\n' "$2" >&2
    [ -z "${3:-}" ] || printf '  try: %s\n' "$3" >&2
    exit "${4:-1}"
}
now() { date +%s; }
step() { # TEXT: begins a step
    STEP=$((${STEP:-0} + 1))
    STEP_BEGAN=$(now)
    printf '[%s/%s] %s\n' "$STEP" "$STEPS" "$*"
}
done_step() { printf '      %s (%s s)\n' "$*" "$(($(now) - STEP_BEGAN))"; }
megabytes() { # PATH
    kb=$(du -sk "$1" 2>/dev/null | cut -f 1)
    printf '%s MB' "$((${kb:-0} / 1024))"
}

# ---- places ---------------------------------------------------------------------------------------------------------

places() {
    case "${HOME:-}" in
    /*) ;;
    *) fail "your home folder is not known" "HOME is '${HOME:-}'" "export HOME=/path/to/your/home" 10 ;;
    esac
    case "${XDG_DATA_HOME:-}" in /*) DATA=$XDG_DATA_HOME/minikf ;; *) DATA=$HOME/.local/share/minikf ;; esac
    case "${XDG_CACHE_HOME:-}" in /*) CACHE=$XDG_CACHE_HOME/minikf ;; *) CACHE=$HOME/.cache/minikf ;; esac
    case "${XDG_STATE_HOME:-}" in /*) STATE=$XDG_STATE_HOME/minikf ;; *) STATE=$HOME/.local/state/minikf ;; esac
    case "${XDG_CONFIG_HOME:-}" in /*) CONFIG=$XDG_CONFIG_HOME ;; *) CONFIG=$HOME/.config ;; esac
    VENV=$DATA/venv
    BIN=$HOME/.local/bin
    HERE=$(cd "$(dirname "$0")" && pwd)
}

make_folder() {
    mkdir -p "$1" 2>/dev/null || true
    [ -w "$1" ] ||
        fail "$1 cannot be written" "no right to make or write it" \
            "make it writable, or set XDG_DATA_HOME and XDG_CACHE_HOME to folders that are" 10
}

check_disk() { # FOLDER
    free=$(df -Pk "$1" | awk 'NR == 2 { print $4 }')
    case "$free" in
    '' | *[!0-9]*) return 0 ;; # the system does not say
    esac
    [ "$free" -ge "$NEEDED_KB" ] ||
        fail "not enough disk space in $1" "$((free / 1024)) MB are free, $((NEEDED_KB / 1024)) MB are needed" \
            "free some space, or set XDG_DATA_HOME and XDG_CACHE_HOME to folders on another disk" 10
}

one_at_a_time() { # FOLDER: only one of these scripts works on it
    lock=$1/install.lock
    if ! mkdir "$lock" 2>/dev/null; then
        owner=$(cat "$lock/pid" 2>/dev/null || echo 0)
        if [ "$owner" -gt 0 ] 2>/dev/null && kill -0 "$owner" 2>/dev/null; then
            fail "another installation is running" "process $owner holds $lock" "wait for it to end" 10
        fi
        rm -rf "$lock" # left by an interrupted run
        mkdir "$lock"
    fi
    LOCK=$lock # ours from here on, so ours to remove
    echo $$ >"$LOCK/pid"
}

clean_up() {
    [ -z "${LOCK:-}" ] || rm -rf "$LOCK"
    [ -z "${WORK:-}" ] || rm -rf "$WORK"
}

interrupted() {
    trap - INT TERM
    clean_up
    printf '\ninterrupted; run it again to go on where it was\n' >&2
    exit 130
}

# ---- Python ---------------------------------------------------------------------------------------------------------

FACTS='
import sys
import ctypes, ssl, sqlite3, venv
print(sys.version_info[0], sys.version_info[1], int(sys.maxsize > 2**32), sys.executable)
'

usable() { # PYTHON: prints its real path when it is in range and whole
    facts=$("$1" -c "$FACTS" 2>/dev/null) || return 1
    # shellcheck disable=SC2086
    set -- $facts
    [ $# -ge 4 ] && [ "$1" = 3 ] && [ "$2" -ge $FIRST_MINOR ] && [ "$2" -le $LAST_MINOR ] && [ "$3" = 1 ] || return 1
    shift 3
    printf '%s\n' "$*"
}

find_python() {
    if [ -n "${CHOSEN_PYTHON:-}" ]; then
        usable "$CHOSEN_PYTHON" ||
            fail "$CHOSEN_PYTHON cannot be used" \
                "it is no 64-bit Python 3.$FIRST_MINOR to 3.$LAST_MINOR with ssl, sqlite3, ctypes and venv" \
                "./install.sh --python /path/to/python3.$LAST_MINOR" 10
        return 0
    fi
    minor=$LAST_MINOR
    while [ $minor -ge $FIRST_MINOR ]; do
        usable "python3.$minor" && return 0
        minor=$((minor - 1))
    done
    for candidate in python3 python \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[123]*/bin/python3 \
        "$HOME"/.local/share/uv/python/*/bin/python3 \
        /opt/homebrew/bin/python3.1[123] /usr/local/bin/python3.1[123]; do
        usable "$candidate" && return 0
    done
    fail "no Python 3.$FIRST_MINOR to 3.$LAST_MINOR was found" \
        "python3 on PATH is $(python3 -V 2>/dev/null || echo missing); the embedded engine's parts support 3.$FIRST_MINOR to 3.$LAST_MINOR" \
        "install one (Debian, Ubuntu: apt install python3 python3-venv; Fedora: dnf install python3.13; macOS: brew install python@3.13), or give one: ./install.sh --python FILE" 10
}

# ---- package index --------------------------------------------------------------------------------------------------

honour() { # VARIABLE VALUE: for this script's own work only; what runs after it has the user's environment
    export "$1=$2"
    HONOURED="${HONOURED:-} $1"
}

forget_honoured() {
    # shellcheck disable=SC2086
    [ -z "${HONOURED:-}" ] || unset $HONOURED
}

honour_pip_settings() { # uv does not read pip's settings: hand over what it would miss
    [ -z "${PIP_PYTHON:-}" ] || return 0
    if [ -f "$CONFIG/uv/uv.toml" ] || [ -f /etc/uv/uv.toml ]; then return 0; fi
    settings=$("$1" -m pip config list 2>/dev/null) || return 0
    setting() { printf '%s\n' "$settings" | sed -n "s/^[^=]*\.$1='\(.*\)'\$/\1/p" | tail -n 1; }
    value=$(setting index-url)
    [ -z "$value" ] || [ -n "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] || honour UV_DEFAULT_INDEX "$value"
    value=$(setting extra-index-url)
    [ -z "$value" ] || [ -n "${UV_INDEX:-}${UV_EXTRA_INDEX_URL:-}" ] || honour UV_INDEX "$value"
    value=$(setting find-links)
    [ -z "$value" ] || [ -n "${UV_FIND_LINKS:-}" ] || honour UV_FIND_LINKS "$value"
    value=$(setting trusted-host)
    [ -z "$value" ] || [ -n "${UV_INSECURE_HOST:-}" ] || honour UV_INSECURE_HOST "$value"
    value=$(setting cert)
    [ -z "$value" ] || [ -n "${SSL_CERT_FILE:-}" ] || honour SSL_CERT_FILE "$value"
    value=$(setting proxy)
    [ -z "$value" ] || [ -n "${HTTPS_PROXY:-}${https_proxy:-}" ] || honour HTTPS_PROXY "$value"
    value=$(setting default-timeout)
    [ -n "$value" ] || value=$(setting timeout)
    [ -z "$value" ] || [ -n "${UV_HTTP_TIMEOUT:-}" ] || honour UV_HTTP_TIMEOUT "$value"
}

# ---- environment ----------------------------------------------------------------------------------------------------

make_environment() { # VENV: an environment with a pip that can fill it; sets PIP
    if [ -x "$1/bin/python" ] && [ "$("$1/bin/python" -c 'import sys; print(sys.version)' 2>/dev/null)" = \
        "$("$PYTHON" -c 'import sys; print(sys.version)')" ]; then
        : # whole, or left by an interrupted run: go on with it
    else
        rm -rf "$1"
        "$PYTHON" -m venv "$1" >/dev/null 2>&1 || { rm -rf "$1" && "$PYTHON" -m venv --without-pip "$1"; } ||
            fail "no environment can be made in $1" "$PYTHON -m venv failed" "see what it says: $PYTHON -m venv $1"
    fi
    if "$1/bin/python" -m pip --version >/dev/null 2>&1; then
        PIP="$1/bin/python"
        PIP_INTO=
    elif "$PYTHON" -m pip --version >/dev/null 2>&1; then # Debian without python3-venv, but with python3-pip
        PIP=$PYTHON
        PIP_INTO=$1/bin/python
    else
        PIP=
    fi
}

pip() { # VERB ARGUMENTS...
    if [ -n "$PIP_INTO" ]; then
        "$PIP" -m pip --disable-pip-version-check --no-input --python "$PIP_INTO" "$@"
    else
        "$PIP" -m pip --disable-pip-version-check --no-input "$@"
    fi
}

only() { # NAME LOCK: the entry of one package
    awk -v name="$1" 'index($0, name "==") == 1 { on = 1 } on { print } on && !/\\$/ { exit }' "$2"
}

get_uv() { # VENV LOCK: sets UV to a uv that runs, or to nothing
    UV=$1/bin/uv
    if [ -x "$UV" ] && "$UV" --version >/dev/null 2>&1; then return 0; fi
    if [ -n "$PIP" ]; then
        only uv "$2" >"$WORK/uv.txt"
        # shellcheck disable=SC2086
        if pip install --quiet $OFFLINE --require-hashes -r "$WORK/uv.txt" >"$WORK/uv.log" 2>&1 &&
            "$UV" --version >/dev/null 2>&1; then
            return 0
        fi
    fi
    UV=$(command -v uv || true)
    if [ -z "$UV" ] && [ -z "$PIP" ]; then
        fail "neither pip nor uv is here to install packages with" "$PYTHON has no pip" \
            "install it (Debian, Ubuntu: apt install python3-venv; Fedora: dnf install python3-pip)" 10
    fi
}

fill_environment() { # VENV LOCK: exactly what the lock says
    if [ -n "$UV" ]; then
        # shellcheck disable=SC2086
        "$UV" pip sync $QUIET --python "$1/bin/python" $OFFLINE --require-hashes "$2" ||
            fail "the packages could not be installed" "uv's message above says why" \
                "run it again: what was downloaded is kept"
    else
        # The lock without uv: where it cannot be had, the rest must not fail for it.
        awk 'index($0, "uv==") == 1 { off = 1 } !off { print } off && !/\\$/ { off = 0 }' "$2" >"$WORK/lock.txt"
        # shellcheck disable=SC2086
        pip install $QUIET --no-compile $OFFLINE --require-hashes -r "$WORK/lock.txt" ||
            fail "the packages could not be installed" "pip's message above says why" \
                "run it again: what was downloaded is kept"
    fi
}

install_minikf() { # VENV SOURCE: a wheel, or -e and a folder
    venv=$1
    shift
    if [ -n "$UV" ]; then
        # shellcheck disable=SC2086
        "$UV" pip install --quiet --python "$venv/bin/python" $OFFLINE --no-deps --no-build-isolation --reinstall "$@"
    else
        # shellcheck disable=SC2086
        pip install --quiet $OFFLINE --no-deps --no-build-isolation --force-reinstall "$@"
    fi || fail "MiniKF itself could not be installed" "the message above says why" "run it again"
}

leave_out_tests() { # VENV: of the package with the largest ones, 15 MB that nobody runs here
    rm -rf "$1"/lib/python3.*/site-packages/pandas/tests
}

precompile() { # VENV: spares the first start what every later one is spared
    if "$1/bin/python" -m minikf.embedded.precompile; then
        done_step "$(megabytes "$1") in all"
    else
        done_step "not possible; the first start takes longer"
    fi
}

build_wheel() { # VENV FOLDER: builds in a copy, with the environment's own setuptools; the checkout stays as it is
    mkdir -p "$WORK/source"
    (cd "$HERE" && tar -cf - --exclude __pycache__ pyproject.toml setup.py MANIFEST.in README.md LICENSE minikf gpu tui bundles) |
        (cd "$WORK/source" && tar -xf -)
    (cd "$WORK/source" && "$1/bin/python" -c 'from setuptools import build_meta; import sys; build_meta.build_wheel(sys.argv[1])' "$2") \
        >"$WORK/build.log" 2>&1 ||
        fail "MiniKF's wheel could not be built" "$(tail -n 3 "$WORK/build.log")" "run it again"
}

fingerprint() { # FILE...: changes when any of the files does
    cat "$@" | cksum
}

source_fingerprint() {
    if [ -n "${WHEEL:-}" ]; then
        fingerprint "$WHEEL"
    else
        (cd "$HERE" && find pyproject.toml setup.py minikf gpu tui bundles -type f ! -path '*/__pycache__/*' \
            -exec cksum {} + | sort | cksum)
    fi
}

marker() { # FILE TEXT: whether FILE says TEXT
    [ "$(cat "$1" 2>/dev/null || true)" = "$2" ]
}

find_lock() { # sets LOCKED: the lock file of what is to be installed
    if [ -n "${WHEEL:-}" ]; then
        [ -f "$WHEEL" ] || fail "$WHEEL does not exist" "" "./install.sh --wheel FILE" 2
        LOCKED=$WORK/requirements.lock
        "$PYTHON" -c '
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, open(sys.argv[2], "wb") as out:
    out.write(wheel.read("minikf/requirements.lock"))
' "$WHEEL" "$LOCKED" 2>/dev/null || fail "$WHEEL is no wheel of MiniKF" "it holds no minikf/requirements.lock" "./install.sh --wheel minikf-VERSION-py3-none-any.whl" 2
    else
        LOCKED=$HERE/minikf/requirements.lock
        [ -f "$LOCKED" ] || fail "there is no checkout of MiniKF beside this script" "$LOCKED does not exist" \
            "./install.sh --wheel FILE" 2
    fi
}

offline_options() { # sets OFFLINE from --wheels
    OFFLINE=
    [ -n "${WHEELS:-}" ] || return 0
    [ -d "$WHEELS" ] || fail "$WHEELS is no folder" "" "./install.sh download DIR   # where there is a network" 2
    WHEELS=$(cd "$WHEELS" && pwd)
    case $WHEELS in
    *[[:space:]]*) # OFFLINE is split at spaces
        ln -s "$WHEELS" "$WORK/wheels"
        WHEELS=$WORK/wheels
        ;;
    esac
    OFFLINE="--no-index --find-links $WHEELS"
}

begin() { # FOLDER: temporary folder, lock, and the way out
    make_folder "$1"
    trap clean_up EXIT
    trap interrupted INT TERM
    one_at_a_time "$1"
    WORK=$(mktemp -d "${TMPDIR:-/tmp}/minikf-install.XXXXXX")
    honour UV_PYTHON_DOWNLOADS never
    QUIET=
    [ -t 2 ] || QUIET=--quiet # uv's progress is for people
    unset PYTHONHOME PYTHONPATH VIRTUAL_ENV
    [ -n "${UV_CACHE_DIR:-}" ] || honour UV_CACHE_DIR "$CACHE/uv"
}

# ---- verbs ----------------------------------------------------------------------------------------------------------

install() {
    STEPS=6
    BEGAN=$(now)
    begin "$DATA"

    step "Python 3.$FIRST_MINOR to 3.$LAST_MINOR"
    PYTHON=$(find_python) || exit $?
    done_step "$("$PYTHON" -V) at $PYTHON"
    find_lock
    offline_options

    want="$(fingerprint "$LOCKED") $("$PYTHON" -c 'import sys; print(sys.version)')"
    whole="$want $(source_fingerprint)"
    if marker "$VENV/.minikf-complete" "$whole" && [ -x "$VENV/bin/minikf" ]; then
        say "      already installed in $VENV: nothing to do"
        CHANGED=
    else
        CHANGED=1
        install_environment
    fi
    link
    started
}

prepare_environment() { # FOLDER with the disk that VENV is on: makes VENV, and finds what fills it
    check_disk "$1"
    step "environment in $VENV"
    rm -f "$VENV/.minikf-complete"
    make_environment "$VENV"
    honour_pip_settings "${PIP:-$PYTHON}"
    get_uv "$VENV" "$LOCKED"
    done_step "filled by $([ -n "$UV" ] && "$UV" --version || echo pip)"
}

install_environment() {
    prepare_environment "$DATA"

    step "$(grep -c '==' "$LOCKED") packages, about 180 MB to download"
    if ! marker "$VENV/.minikf-packages" "$want"; then
        fill_environment "$VENV" "$LOCKED"
        leave_out_tests "$VENV"
        printf '%s\n' "$want" >"$VENV/.minikf-packages"
    fi
    done_step "$(megabytes "$VENV") installed"

    step "MiniKF itself"
    if [ -z "${WHEEL:-}" ]; then
        build_wheel "$VENV" "$WORK"
        WHEEL=$(ls "$WORK"/minikf-*.whl)
    fi
    install_minikf "$VENV" "$WHEEL"
    done_step "$("$VENV/bin/minikf" version)"

    step "compiling what starts with a platform"
    precompile "$VENV"
    printf '%s\n' "$whole" >"$VENV/.minikf-complete"
}

link() {
    [ -z "$CHANGED" ] || step "the command minikf"
    if [ -e "$BIN/minikf" ] && [ ! -L "$BIN/minikf" ]; then
        say "      $BIN/minikf exists and is not ours: left alone; the command is $VENV/bin/minikf"
    elif [ "$(readlink "$BIN/minikf" 2>/dev/null || true)" != "$VENV/bin/minikf" ]; then
        make_folder "$BIN"
        rm -f "$BIN/minikf"
        ln -s "$VENV/bin/minikf" "$BIN/minikf"
        done_step "$BIN/minikf"
    fi
    case ":$PATH:" in
    *":$BIN:"*) ;;
    *)
        say "      $BIN is not on your PATH; put it there, for this shell and later ones:"
        say "        export PATH=\"$BIN:\$PATH\"   # add this line to ~/.profile or your shell's own file"
        ;;
    esac
}

started() {
    minikf=$VENV/bin/minikf
    forget_honoured
    clean_up # the lock: what follows may take long and writes nothing of ours
    LOCK=
    if [ -n "${NO_UP:-}" ]; then
        say "installed in $(($(now) - BEGAN)) s; start with: minikf up"
        return 0
    fi
    say "minikf up --engine embedded"
    "$minikf" up --engine embedded
    if [ -z "${NO_DEMO:-}" ] && { [ -n "$CHANGED" ] || [ ! -e "$DATA/demo-done" ]; }; then
        say "minikf demo"
        "$minikf" demo
        : >"$DATA/demo-done"
    fi
    cat <<END

MiniKF is installed in $VENV ($(megabytes "$VENV")); all of it took $(($(now) - BEGAN)) s.
  look around:      minikf status; minikf tui
  use kubectl:      eval "\$(minikf env)"; kubectl get trainjobs,inferenceservices,pods -A
  to a cluster:     minikf promote inferenceservice/NAME --out promote
                    kubectl --context YOUR-CLUSTER apply -k promote/overlays/default
  remove it:        $HERE/install.sh --uninstall   (with --purge: the platforms and their data, too)
END
}

uninstall() {
    [ -d "$DATA" ] || [ -d "$CACHE" ] || {
        say "MiniKF is not installed in $DATA: nothing to do"
        return 0
    }
    if [ -d "$DATA" ]; then one_at_a_time "$DATA" && trap clean_up EXIT; fi
    for folder in "$STATE"/platforms/*/; do
        [ -f "$folder/platform.json" ] || continue
        name=$(basename "$folder")
        if [ ! -x "$VENV/bin/minikf" ]; then
            say "platform '$name' stays as it is: $VENV/bin/minikf is missing"
        elif [ -n "${PURGE:-}" ]; then
            "$VENV/bin/minikf" down --yes --platform "$name"
        else
            "$VENV/bin/minikf" stop --platform "$name"
        fi
    done
    case "$(readlink "$BIN/minikf" 2>/dev/null || true)" in
    "$VENV/bin/minikf") rm -f "$BIN/minikf" && say "removed $BIN/minikf" ;;
    esac
    for path in "$VENV" "$DATA/demo-done" "$CACHE/uv"; do
        if [ -e "$path" ]; then rm -rf "$path" && say "removed $path"; fi
    done
    if [ -n "${PURGE:-}" ]; then
        for path in "$CACHE" "$STATE/errors.log"; do
            if [ -e "$path" ]; then rm -rf "$path" && say "removed $path"; fi
        done
    fi
    clean_up
    LOCK=
    for folder in "$DATA/platforms" "$DATA" "$CACHE" "$STATE/platforms" "$STATE" "$CONFIG/minikf/platforms" "$CONFIG/minikf"; do
        rmdir "$folder" 2>/dev/null || true # only where nothing is left
    done
    if [ -d "$DATA" ] || [ -d "$STATE" ]; then
        say "kept: your platforms' data in $DATA and $STATE (--purge removes it)"
    fi
}

download() { # DIR
    STEPS=3
    make_folder "$1"
    folder=$(cd "$1" && pwd)
    begin "$folder"
    step "Python 3.$FIRST_MINOR to 3.$LAST_MINOR"
    PYTHON=$(find_python) || exit $?
    done_step "$PYTHON; the wheels fit this version and this kind of machine"
    find_lock
    OFFLINE=
    make_environment "$WORK/venv"
    [ -n "$PIP" ] || fail "$PYTHON has no pip" "" "apt install python3-venv" 10
    step "packages into $folder"
    pip download --quiet --require-hashes --only-binary :all: --dest "$folder" -r "$LOCKED" ||
        fail "the packages could not be downloaded" "pip's message above says why" "run it again"
    done_step "$(megabytes "$folder")"
    step "MiniKF's wheel"
    only setuptools "$LOCKED" >"$WORK/setuptools.txt"
    pip install --quiet --no-index --find-links "$folder" --require-hashes -r "$WORK/setuptools.txt"
    if [ -n "${WHEEL:-}" ]; then cp "$WHEEL" "$folder/"; else build_wheel "$WORK/venv" "$folder"; fi
    done_step "$(basename "$folder"/minikf-*.whl)"
    say "to install from it: ./install.sh --wheels '$folder'"
}

run_tests() {
    STEPS=4
    VENV=$HERE/.venv
    begin "$HERE/.venv-work"
    step "Python 3.$FIRST_MINOR to 3.$LAST_MINOR"
    PYTHON=$(find_python) || exit $?
    done_step "$("$PYTHON" -V) at $PYTHON"
    OFFLINE=
    offline_options
    LOCKED=$HERE/requirements-dev.lock
    want="$(fingerprint "$LOCKED" "$HERE/pyproject.toml" "$HERE/setup.py") $("$PYTHON" -c 'import sys; print(sys.version)')"
    if ! marker "$VENV/.minikf-complete" "$want"; then
        prepare_environment "$HERE"
        step "$(grep -c '==' "$LOCKED") packages and this checkout"
        fill_environment "$VENV" "$LOCKED"
        install_minikf "$VENV" -e "$HERE"
        done_step "$(megabytes "$VENV") installed"
        step "compiling what starts with a platform"
        precompile "$VENV"
        printf '%s\n' "$want" >"$VENV/.minikf-complete"
    fi
    clean_up
    LOCK=
    WORK=
    rmdir "$HERE/.venv-work" 2>/dev/null || true
    trap - EXIT INT TERM
    # On all cores; a file's tests stay together, since they share a platform.
    [ $# -gt 0 ] || set -- -n auto --dist loadfile
    say "python -m pytest $*"
    cd "$HERE"
    # The suites start platforms again and again; without compiled modules each start would compile them anew.
    unset PYTHONDONTWRITEBYTECODE
    forget_honoured
    exec "$VENV/bin/python" -m pytest "$@"
}

# ---- command line ---------------------------------------------------------------------------------------------------

places
case "${1:-}" in
test)
    shift
    run_tests "$@"
    ;;
esac
VERB=install
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage && exit 0 ;;
    --wheels | --wheel | --python)
        [ $# -ge 2 ] || fail "$1 needs a value" "" "./install.sh --help" 2
        case $1 in
        --wheels) WHEELS=$2 ;;
        --wheel) WHEEL=$2 ;;
        --python) CHOSEN_PYTHON=$2 ;;
        esac
        shift
        ;;
    --no-demo) NO_DEMO=1 ;;
    --no-up) NO_UP=1 ;;
    --uninstall) VERB=uninstall ;;
    --purge) PURGE=1 ;;
    download)
        [ $# -ge 2 ] || fail "download needs a folder" "" "./install.sh download DIR" 2
        VERB=download
        TARGET=$2
        shift
        ;;
    *) fail "unknown option '$1'" "" "./install.sh --help" 2 ;;
    esac
    shift
done
case $VERB in
install) install ;;
uninstall) uninstall ;;
download) download "$TARGET" ;;
esac
