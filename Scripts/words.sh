# shellcheck shell=bash
# How the scripts speak. Sourced.

# What happens: standard output.
say() { printf '%s\n' "$*"; }

# What is wrong and what to do about it: standard error.
complain() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# `1 package`, `3 packages`
counted() { if (($1 == 1)); then printf '1 %s' "$2"; else printf '%d %ss' "$1" "$2"; fi; }
