#!/bin/sh
# Sets up .venv with everything: what is done already is kept, so it can be interrupted and re-run.
# PYTHON=/path/to/python chooses the Python; pip's own environment variables (PIP_INDEX_URL, ...) hold.
set -eu
cd "$(dirname "$0")/.."
VENV=.venv
LOG=$VENV/set-up.log

fail() { echo "error: $1" >&2; exit 1; }

supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.12 python3.11 python}; do
        if command -v "$candidate" >/dev/null 2>&1 && supported "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

check_compiler() {
    # Python 3.12 on x86-64 Linux has a ready-made wheel of fairseq; elsewhere it is compiled
    case "$("$VENV/bin/python" -c 'import platform, sys; print(sys.version_info[1], platform.system(), platform.machine())')" in
        "12 Linux x86_64") return ;;
    esac
    command -v "${CXX:-c++}" >/dev/null 2>&1 || command -v g++ >/dev/null 2>&1 ||
        fail "no C++ compiler found, and this Python needs one for fairseq: install g++ (or clang), or use Python 3.12 on x86-64 Linux"
    "$VENV/bin/python" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))' ||
        fail "the headers of this Python are missing (Python.h): install its development package"
}

# step NUMBER NAME DURATION INPUTS COMMAND...: runs a command unless it is done with the same inputs
step() {
    number=$1 name=$2 duration=$3 inputs=$4
    shift 4
    stamp=$VENV/.done-$number
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$inputs" ]; then return; fi
    echo "== set-up $number/4: $name (usually $duration)"
    rm -f "$stamp"
    if ! "$@" >>"$LOG" 2>&1; then
        fail "set-up failed at '$name': $(grep -v '^WARNING\|^$' "$LOG" | tail -n 1) (all of it: $LOG)"
    fi
    echo "$inputs" >"$stamp"
}

create() { mkdir -p "$VENV" && "$python" -m venv --clear "$VENV"; }

pip() { "$VENV/bin/python" -m pip --disable-pip-version-check --no-input install -c constraints.txt "$@"; }

# the compiled parts that matter are tiny, so optimising them only costs time
host() { CFLAGS="${CFLAGS:--O0 -g0}" pip --no-build-isolation fairseq-fixed==0.12.3.1; }

project() {
    pip --no-build-isolation -e ".[dev]"
    # fairseq asks for it, nothing here uses it, and where it does not load it breaks `import transformers`
    "$VENV/bin/python" -c 'import torchaudio' || "$VENV/bin/python" -m pip uninstall --yes torchaudio
}

python=$(find_python)
[ -n "$python" ] ||
    fail "Python 3.11 or 3.12 is needed, found $(${PYTHON:-python3} --version 2>&1 || echo none): install one, or name it with PYTHON=/path/to/python"

if [ ! -x "$VENV/bin/python" ] || [ ! -f "$VENV/.done-1" ]; then
    echo "== set-up 1/4: virtual environment in $VENV (usually 5 seconds)"
    create || fail "could not create $VENV with $python: install its venv module"
    echo done >"$VENV/.done-1"
fi
[ -f "$VENV/.done-3" ] || check_compiler
pins=$(cksum <constraints.txt)
step 2 "torch and build tools" "1 minute" "$pins" pip torch numpy cython setuptools setuptools-scm wheel ninja
step 3 "fairseq" "2 to 6 minutes where it is compiled, else 1" "$pins" host
step 4 "hyperadapters and what it needs" "1 minute" "$pins $(cksum <setup.py)" project
