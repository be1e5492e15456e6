# shellcheck shell=sh
# What bin/cutover and bin/test set up: .venv, and on a bare Debian or Ubuntu as root also Docker.
# Whoever reads this has set $root to the clone.

venv=${root:?}/.venv
# A PYTHONPATH of the user would come before the packages of .venv, and keep pip from installing some.
export PYTHONPATH="$root"

say() { printf 'cutover: %s\n' "$*" >&2; }
fail() {
    say "$@"
    exit 3
}

bare_debian() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

apt_install() {
    say "installing $*"
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get update && apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        fail "apt-get could not install $*; the lines above say why (whole output: $log)"
    fi
    rm -f "$log"
}

find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'; then
            command -v "$name"
            return
        fi
    done
    fail "Python 3.11 to 3.14 is needed and none is on the PATH; install one, for instance" \
        "\`apt-get install python3 python3-venv\` on Debian 12 or later"
}

make_venv() {
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        bare_debian || fail "Python's venv module is missing; install python3-venv"
        apt_install python3-venv
    fi
    rm -rf "$venv" # venv --clear would empty what a link points to
    "$python" -m venv "$venv"
}

is_stale() {
    for lock in "$@"; do
        cmp -s "$root/$lock" "$venv/$lock" || return 0
    done
    return 1
}

# Bring .venv to the locks named, requirements.lock first; one process at a time.
need_packages() {
    is_stale "$@" || return 0
    exec 9>"$venv.lock"
    command -v flock >/dev/null 2>&1 && flock 9
    if is_stale "$@"; then
        install_packages "$@"
    fi
    exec 9>&-
}

install_packages() {
    say "setting up .venv (once for each change of $*)"
    is_stale requirements.lock && make_venv
    for lock in "$@"; do
        shift
        set -- "$@" --requirement "$root/$lock"
    done
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes "$@" ||
        fail "pip could not install the packages; its message is above"
    # The stamps come last, so that an interrupted set-up is done again.
    while [ $# -gt 0 ]; do
        cp "$2" "$venv/"
        shift 2
    done
}

engine_answers() {
    "$venv/bin/python" -S - <<'PYTHON' 2>/dev/null
import os, socket, sys
if os.environ.get("DOCKER_HOST") or os.environ.get("DOCKER_CONTEXT"):
    sys.exit(0)  # named by the user: the CLI says what is wrong with it
places = ["/var/run/docker.sock", os.environ.get("XDG_RUNTIME_DIR", "") + "/docker.sock"]
if os.path.exists(os.path.expanduser("~/.docker/contexts/meta")):
    sys.exit(0)
for place in places:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        try:
            connection.connect(place)
            connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            if b" 200 " in connection.recv(200):
                sys.exit(0)
        except PermissionError:
            sys.exit(0)  # the CLI explains it
        except OSError:
            pass
sys.exit(1)
PYTHON
}

need_engine() {
    engine_answers && return
    bare_debian || return 0 # the CLI says what is missing and how to get it
    if ! command -v dockerd >/dev/null 2>&1; then
        apt_install docker.io iptables
        # Before Debian 13 they are a part of docker.io.
        for package in docker-cli docker-buildx; do
            if apt-cache show "$package" >/dev/null 2>&1; then apt_install "$package"; fi
        done
    fi
    engine_answers && return # the package may have started it
    if [ -d /run/systemd/system ]; then
        systemctl start docker || fail "systemd could not start docker; see journalctl -u docker"
    else
        # A pid file from before a reboot keeps dockerd from starting.
        for file in /var/run/docker.pid /var/run/docker/containerd/containerd.pid; do
            pid=$(cat "$file" 2>/dev/null || true)
            [ -n "$pid" ] && ! grep -qs -e dockerd -e containerd "/proc/$pid/cmdline" && rm -f "$file"
        done
        say "starting dockerd (log: /var/log/dockerd.log)"
        setsid dockerd >>/var/log/dockerd.log 2>&1 </dev/null &
    fi
    waited=0
    until engine_answers; do
        waited=$((waited + 1))
        if [ "$waited" -gt 150 ]; then
            tail -n 20 /var/log/dockerd.log >&2 || true
            fail "dockerd did not answer within 30 s; the lines above are the end of its log"
        fi
        sleep 0.2
    done
}
