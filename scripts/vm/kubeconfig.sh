#!/bin/sh
# Writes a kubeconfig with which this host's kubectl and SDKs reach the platform in the virtual machine, by the port
# of this host that Vagrant forwards. Run it in the checkout; it changes no other kubeconfig.
set -eu
umask 077 # what it writes holds the platform's credential

fail() { # WHAT WHY TRY
    printf 'error: %s\n  why: %s\n  try: %s\n' "$1" "$2" "$3" >&2
    exit 1
}

case ${1:-} in -*) fail "there is no option '$1'" "the one argument is the file to write" "sh $0 [FILE]" ;; esac
FILE=${1:-$PWD/.vagrant/minikf.kubeconfig}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/minikf-vm.XXXXXX")
trap 'rm -rf "$WORK"' EXIT

port=$(vagrant port --guest 9443) ||
    fail "the machine's port cannot be found out" "Vagrant's message is above" "vagrant up"
port=$(printf '%s' "$port" | tr -d '\r')
# ssh itself: `vagrant ssh` asks for a terminal, which adds carriage returns.
vagrant ssh-config --host minikf-vm >"$WORK/ssh" || fail "the machine cannot be reached" "Vagrant's message is above" "vagrant up"
ssh -F "$WORK/ssh" -o LogLevel=ERROR minikf-vm minikf kubeconfig --raw </dev/null >"$WORK/kubeconfig" ||
    fail "the platform's kubeconfig cannot be read" "the message is above" "vagrant provision"

own=$(sed -n 's#.*https://127\.0\.0\.1:\([0-9]*\).*#\1#p' "$WORK/kubeconfig")
[ -n "$own" ] || fail "the platform's kubeconfig names no port" "it is no kubeconfig of MiniKF's" "vagrant ssh -c 'minikf status'"
if [ "$port" != "$own" ] && grep -q '"token"' "$WORK/kubeconfig"; then
    fail "the platform cannot be reached by port $port" \
        "the embedded engine answers only calls that name its own port, $own, and another program of this host has that" \
        "end that program, then: vagrant reload   # or work inside: vagrant ssh"
fi
sed "s#https://127\.0\.0\.1:$own#https://127.0.0.1:$port#" "$WORK/kubeconfig" >"$WORK/done"
mkdir -p "$(dirname "$FILE")"
mv "$WORK/done" "$FILE"
printf '%s\n' "$FILE reaches the platform at https://127.0.0.1:$port:" "  export KUBECONFIG='$FILE'"
