#!/bin/sh
# Makes a Debian 12 machine one that runs MiniKF: Docker, MiniKF out of the checkout in /minikf, and `minikf up`.
# The Vagrantfile runs it as root at every start of the machine. It can be interrupted and run again: what is there
# already is left as it is. It writes nothing into the checkout.
set -eu

SOURCE=${MINIKF_SOURCE:-/minikf}
OWNER=${MINIKF_USER:-vagrant}

# What a cluster's kubelets, and the programs in its pods, take of inotify(7), as minikf/install/limits.py has it.
WATCHES=1255360
INSTANCES=2280

# Docker needs apparmor's parser where the kernel has AppArmor on, and only recommends it.
PACKAGES="docker.io apparmor ca-certificates python3 python3-venv"
PROXIES="http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY"

say() { printf '%s\n' "$*"; }
fail() { # WHAT WHY TRY
    printf 'error: %s\n  why: %s\n  try: %s\n' "$1" "$2" "$3" >&2
    exit 1
}

# ---- the machine ----------------------------------------------------------------------------------------------------

check() {
    [ "$(id -u)" = 0 ] || fail "this script sets up a whole machine" "it needs root" "sudo sh $0"
    [ -f /etc/debian_version ] || fail "this machine is no Debian" "there is no /etc/debian_version" \
        "MINIKF_VM_BOX=NAME vagrant up   # a box with Debian 12"
    id "$OWNER" >/dev/null 2>&1 || fail "there is no user '$OWNER'" "MiniKF is installed for one user" \
        "MINIKF_USER=NAME sh $0"
    [ -f "$SOURCE/install.sh" ] || fail "there is no checkout of MiniKF in $SOURCE" \
        "$SOURCE/install.sh does not exist: the folder was not shared" "vagrant reload"
    OWNER_HOME=$(getent passwd "$OWNER" | cut -d : -f 6)
}

has_systemd() { [ -d /run/systemd/system ]; }

installed() { # PACKAGE
    [ "$(dpkg-query --show --showformat '${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ]
}

again() { # COMMAND...: the machine's own updates, or what an interrupted run left at work, may hold the locks
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 6 ] || return 1
        sleep 10
    done
}

install_packages() {
    missing=
    for package in $PACKAGES; do installed "$package" || missing="$missing $package"; done
    if [ -z "$missing" ]; then
        say "packages: all there"
        return 0
    fi
    say "packages:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # Some may be unpacked and not configured: a run was interrupted.
    # shellcheck disable=SC2086
    { again dpkg --configure -a &&
        again apt-get -q -q update &&
        again apt-get -q -q -o DPkg::Lock::Timeout=300 -y --no-install-recommends install $missing; } \
        >/var/log/minikf-packages.log ||
        fail "the packages could not be installed" "the message above says why; more in /var/log/minikf-packages.log" \
            "vagrant provision   # behind a proxy: set http_proxy and https_proxy on the host"
}

trust() { # the certificates of an office whose proxy reads TLS
    own=/usr/local/share/ca-certificates/minikf-host.crt
    if [ -n "${MINIKF_VM_CA:-}" ] && ! cmp -s "$MINIKF_VM_CA" "$own"; then
        [ -s "$MINIKF_VM_CA" ] || fail "there are no certificates in $MINIKF_VM_CA" "the file is missing or empty" \
            "MINIKF_VM_CA=FILE vagrant up   # a PEM file of the host"
        cp "$MINIKF_VM_CA" "$own"
        chmod 644 "$own"
        update-ca-certificates >/dev/null
    fi
    TRUSTED=
    if ls /usr/local/share/ca-certificates/*.crt >/dev/null 2>&1; then # pip, uv and requests bring their own list
        TRUSTED=/etc/ssl/certs/ca-certificates.crt
    fi
}

raise_limits() {
    printf 'fs.inotify.max_user_watches = %s\nfs.inotify.max_user_instances = %s\n' $WATCHES $INSTANCES \
        >/etc/sysctl.d/60-minikf.conf
    for limit in "max_user_watches $WATCHES" "max_user_instances $INSTANCES"; do
        file=/proc/sys/fs/inotify/${limit% *}
        [ "$(cat "$file")" -lt "${limit#* }" ] || continue
        if [ -w "$file" ]; then
            printf '%s\n' "${limit#* }" >"$file"
        else # a container: the kernel is its host's
            say "note: $file is $(cat "$file") and cannot be raised from here to ${limit#* }"
        fi
    done
}

# ---- Docker ---------------------------------------------------------------------------------------------------------

docker_proxy() { # dockerd pulls images itself and sees no shell's variables
    folder=/etc/systemd/system/docker.service.d
    lines=
    for name in $PROXIES; do
        eval "value=\${$name:-}"
        [ -z "$value" ] || lines="$lines
Environment=\"$name=$(printf '%s' "$value" | sed 's/[\\"]/\\&/g; s/%/%%/g')\""
    done
    wanted=${lines:+[Service]$lines}
    [ "$(cat "$folder/minikf-proxy.conf" 2>/dev/null || true)" != "$wanted" ] || return 0
    mkdir -p "$folder"
    (umask 077 && printf '%s\n' "$wanted" >"$folder/minikf-proxy.conf") # a proxy's address may hold a password
    systemctl daemon-reload
    systemctl restart docker
}

start_docker() {
    getent group docker >/dev/null || groupadd --system docker
    id -nG "$OWNER" | tr ' ' '\n' | grep -qx docker || usermod -aG docker "$OWNER"
    if has_systemd; then
        systemctl enable --quiet --now docker || true # what it says comes below
        docker_proxy
        tries=0
        until docker version >/dev/null 2>&1; do
            tries=$((tries + 1))
            [ $tries -le 60 ] || fail "Docker does not answer" "$(journalctl -q -u docker -n 3 -o cat)" \
                "vagrant ssh -c 'sudo journalctl -u docker'"
            sleep 1
        done
        say "Docker $(docker version --format '{{.Server.Version}}')"
    elif docker version >/dev/null 2>&1; then
        say "Docker $(docker version --format '{{.Server.Version}}'), which something else started"
    else
        say "note: no systemd runs here, so Docker's service cannot be started; MiniKF goes on without Docker"
    fi
}

# ---- MiniKF ---------------------------------------------------------------------------------------------------------

as_owner() { # COMMAND...: as the user, in their home, with the host's wishes and nothing else of root's
    set -- HOME="$OWNER_HOME" USER="$OWNER" LOGNAME="$OWNER" SHELL=/bin/sh LANG=C.UTF-8 \
        PATH="$OWNER_HOME/.local/bin:/usr/local/bin:/usr/bin:/bin" "$@"
    for name in $PROXIES MINIKF_ENGINE; do
        eval "value=\${$name:-}"
        [ -z "$value" ] || set -- "$name=$value" "$@"
    done
    [ -z "$TRUSTED" ] || set -- SSL_CERT_FILE="$TRUSTED" PIP_CERT="$TRUSTED" REQUESTS_CA_BUNDLE="$TRUSTED" "$@"
    (cd "$OWNER_HOME" && runuser -u "$OWNER" -- env -i "$@" </dev/null)
}

install_minikf() {
    as_owner "$SOURCE/install.sh" --no-up
    ln -sfn "$OWNER_HOME/.local/share/minikf/venv/bin/minikf" /usr/local/bin/minikf # for shells without ~/.profile
}

bring_up() {
    set --
    [ -z "${MINIKF_PROFILE:-}" ] || set -- --profile "$MINIKF_PROFILE"
    as_owner minikf up "$@"
}

# ---- ports ----------------------------------------------------------------------------------------------------------

platform_ports() { # prints the ports of API, HTTP and HTTPS; 0 for what the engine does not have
    as_owner "$OWNER_HOME/.local/share/minikf/venv/bin/python" -I -c '
from minikf.engine.record import Platform
from minikf.paths import PlatformPaths

made = Platform.read(PlatformPaths.of())
cluster = made.cluster if made else None
print(made.port if made else 0, cluster.http_port if cluster else 0, cluster.https_port if cluster else 0)
'
}

relay() { # NAME FROM TO: the platform listens on loopback only, and a forwarded port arrives at the network card
    units=/etc/systemd/system
    if [ "$3" = 0 ]; then
        [ ! -e "$units/minikf-$1.socket" ] || systemctl disable --quiet --now "minikf-$1.socket"
        rm -f "$units/minikf-$1.socket" "$units/minikf-$1.service"
        return 0
    fi
    cat >"$units/minikf-$1.socket" <<END
[Unit]
Description=MiniKF: port $2 of this machine to the platform's $3

[Socket]
ListenStream=${MINIKF_VM_LISTEN:-0.0.0.0}:$2

[Install]
WantedBy=sockets.target
END
    cat >"$units/minikf-$1.service" <<END
[Unit]
Description=MiniKF: port $2 of this machine to the platform's $3
Requires=minikf-$1.socket

[Service]
ExecStart=/lib/systemd/systemd-socket-proxyd 127.0.0.1:$3
DynamicUser=yes
END
}

relay_ports() {
    # shellcheck disable=SC2046
    set -- $(platform_ports)
    [ $# = 3 ] || fail "the platform's ports are not known" "minikf up made no platform.json" \
        "vagrant ssh -c 'minikf status'"
    relay api 9443 "$1"
    relay http 9080 "$2"
    relay https 9543 "$3"
    systemctl daemon-reload
    for name in api http https; do
        [ -e "/etc/systemd/system/minikf-$name.socket" ] || continue
        systemctl stop --quiet "minikf-$name.service" "minikf-$name.socket" # the port behind it may be another now
        systemctl enable --quiet --now "minikf-$name.socket"
    done
}

check
install_packages
trust
raise_limits
start_docker
install_minikf
bring_up
if has_systemd; then relay_ports; fi
as_owner minikf status
cat <<'END'

MiniKF runs in this machine. On the host, in the checkout:
  vagrant ssh -c 'minikf status'      # or just: vagrant ssh
  sh scripts/vm/kubeconfig.sh         # writes a kubeconfig for the host's kubectl and SDKs, and says how to use it
  vagrant halt; vagrant up            # the platform comes back with its data
END
