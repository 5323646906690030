# shellcheck shell=bash
# Which Debian and Ubuntu packages are missing, and how they get here. Sourced; needs words.sh.

# Whether this machine has packages at all.
is_debian() { command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; }

# The packages among the arguments that are not installed, one a line. `libstdc++-dev` stands for any version of it.
missing_packages() {
    local known package patterns=("${@/#libstdc++-dev/libstdc++-*-dev}")
    known=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${patterns[@]}" 2>/dev/null) || true
    for package in "$@"; do
        case $package in
            'libstdc++-dev') [[ $'\n'$known$'\n' == *$'\n'installed\ libstdc++-*-dev$'\n'* ]] || say "$package" ;;
            *) [[ $'\n'$known$'\n' == *$'\n'"installed $package"$'\n'* ]] || say "$package" ;;
        esac
    done
}

# Runs a command as root, by sudo where we are not.
as_root() {
    if (($(id -u) == 0)); then
        "$@"
    elif [[ -t 0 ]]; then
        sudo "$@"
    else
        sudo --non-interactive "$@"
    fi
}

# Installs packages: says which, and why not when it cannot.
install_packages() {
    (($#)) || return 0
    local log status=0
    if (($(id -u) != 0)) && ! command -v sudo >/dev/null; then
        complain "$(counted $# package) missing, and this is neither root nor is there sudo. As root:
    apt-get update && apt-get install $*"
        return 1
    fi
    say "installing $(counted $# package): $*"
    log=$(mktemp)
    apt_install "$@" >"$log" 2>&1 || status=$?
    if ((status)); then
        tail -n 15 "$log" >&2
        complain "the packages could not be installed; is the network up? By hand:
    apt-get update && apt-get install $*"
    fi
    rm -f "$log"
    return "$status"
}

# Tries with the package lists that are there, and again with fresh ones.
apt_install() {
    if compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null && apt_get install "$@"; then return 0; fi
    apt_get update && apt_get install "$@"
}

apt_get() {
    local arguments=() package version
    for package in "${@:2}"; do
        if [[ $package == 'libstdc++-dev' ]]; then
            # The one of the release's own compiler; the compiler itself is not needed, but brings it too.
            version=$(apt-cache depends g++ | sed -n 's/^ *Depends: g++-\([0-9]*\)$/\1/p')
            package=${version:+libstdc++-$version-dev}
            package=${package:-g++}
        fi
        arguments+=("$package")
    done
    as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends \
        -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$1" "${arguments[@]}" </dev/null
}

# Installs those of the packages that are missing. Elsewhere than on Debian and Ubuntu only says what is needed.
require_packages() {
    local missing
    if ! is_debian; then
        say "this is neither Debian nor Ubuntu: what these packages hold there must be here: $*"
        return 0
    fi
    mapfile -t missing < <(missing_packages "$@")
    install_packages "${missing[@]}"
}
