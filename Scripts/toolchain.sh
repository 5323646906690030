# shellcheck shell=bash
# The Swift toolchain, and what it needs of the system to run. Sourced; needs words.sh and packages.sh.

# The oldest Swift that builds this: see the first line of Package.swift.
minimum_swift=6.1

# What a toolchain and Package.swift need to compile and link, beyond the toolchain.
build_packages() {
    printf '%s\n' ca-certificates git libc6-dev libgeos-dev libsqlite3-dev 'libstdc++-dev' zlib1g-dev
    # Debian has split the linker that Swift uses off its binutils; where it has not, binutils provides the name.
    command -v ld >/dev/null || say binutils
    command -v ld.gold >/dev/null || say binutils-gold
}

# The packages with the shared libraries that the toolchain's own programs lack, one a line.
toolchain_packages() {
    local directory library
    directory=$(dirname "$(readlink -f "$(command -v swift)")")
    ldd "$directory/swift-build" "$directory/swift-frontend" 2>/dev/null |
        sed -n 's/^[[:space:]]*\(lib[^ ]*\) => not found.*/\1/p' | sort -u | while read -r library; do
        case $library in
            libcurl.so.4) say libcurl4 ;;
            libncurses.so.6) say libncurses6 ;;
            libsqlite3.so.0) say libsqlite3-0 ;;
            libstdc++.so.6) say libstdc++6 ;;
            libtinfo.so.6) say libtinfo6 ;;
            libuuid.so.1) say libuuid1 ;;
            libxml2.so.2) say libxml2 ;;
            libz.so.1) say zlib1g ;;
            *) complain "the Swift toolchain needs $library, which is not here" ;;
        esac
    done
}

# Makes sure that there is a toolchain, that it runs and that it is new enough.
require_toolchain() {
    local missing version
    if ! command -v swift >/dev/null; then
        complain "no Swift toolchain is on PATH; Swift $minimum_swift or newer is needed"
        how_to_get_swift
        return 1
    fi
    mapfile -t missing < <(toolchain_packages)
    if is_debian; then install_packages "${missing[@]}" || return; fi
    if ! version=$(swift --version 2>&1); then
        complain "the Swift toolchain at $(command -v swift) does not run: $version"
        return 1
    fi
    if ! is_new_enough "$version"; then
        complain "Swift $minimum_swift or newer is needed, but $(command -v swift) is: ${version%%$'\n'*}"
        how_to_get_swift
        return 1
    fi
}

# Whether the output of `swift --version` names the minimum or a newer version.
is_new_enough() {
    [[ $1 =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || return 1
    local major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
    ((major > ${minimum_swift%.*} || (major == ${minimum_swift%.*} && minor >= ${minimum_swift#*.})))
}

how_to_get_swift() {
    cat >&2 <<'END'

Swift's own installer, for your user alone (it needs curl):
    curl -O "https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz"
    tar -xzf "swiftly-$(uname -m).tar.gz" && ./swiftly init
Or a toolchain to unpack: https://www.swift.org/install/linux/
Then open a new shell and start this again.
END
}
