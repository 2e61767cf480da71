# shellcheck shell=bash
# What is told to the person at the terminal, on standard error: standard output is for results.

say() { printf '%s\n' "$*" >&2; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

random_hex() { od -An -v -tx1 -N "$1" /dev/urandom | tr -d " \n"; }
