#!/bin/sh
# load.sh ROOT ARCHIVE: loads the images of an OCI archive into the containerd of the system at ROOT, by that system's
# own containerd, not unpacked, as kind's nodes have them. It wants mount and process namespaces of its own
# (unshare --mount --pid --fork --kill-child): with them its mounts and its daemon end, however it ends.
set -eu
root=$1 archive=$2
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mkdir "$root/run/load"
touch "$root/run/load/archive"
mount --bind "$archive" "$root/run/load/archive"
cat >"$root/run/load/config.toml" <<'T'
version = 2
state = "/run/load/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "/run/load/socket"
T
chroot "$root" /usr/bin/containerd --config /run/load/config.toml >"$root/run/load/log" 2>&1 &
ask() { chroot "$root" /usr/bin/ctr --address /run/load/socket --namespace k8s.io "$@"; }
for _ in $(seq 100); do
    ask version >/dev/null 2>&1 && break
    sleep 0.1
done
ask images import --all-platforms --no-unpack --digests /run/load/archive || {
    tail -n 5 "$root/run/load/log" >&2
    exit 1
}
