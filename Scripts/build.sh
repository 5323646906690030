# shellcheck shell=bash
# Builds the program, and knows when that is not necessary. Sourced; needs words.sh and `root`, the project's directory.

stamp=${root:?}/.build/bastide.stamp
program=

# What the program is made of: the toolchain, the manifest, the packages it resolved to, the sources.
fingerprint() {
    (
        cd "$root" || exit
        swift --version 2>/dev/null
        find Package.swift Package.resolved Sources -type f -print0 2>/dev/null | LC_ALL=C sort -z | xargs -0 sha256sum
    ) | sha256sum
}

# Whether the program is built from what is here; then `program` is its path.
is_built() {
    local known=
    [[ -f $stamp ]] || return 1
    { read -r known && read -r program; } <"$stamp" || return 1
    [[ -x $program && $known == "$(fingerprint)" ]]
}

# Fetches packages and builds in release configuration; the arguments say what, as `swift build` takes them.
build() {
    local made_of
    if ! swift package --package-path "$root" resolve; then
        complain "the packages that Package.swift names could not be fetched; is github.com within reach?"
        return 1
    fi
    made_of=$(fingerprint)
    swift build --package-path "$root" --configuration release "$@" || return
    program=$(swift build --package-path "$root" --configuration release --show-bin-path)/bastide || return
    printf '%s\n%s\n' "$made_of" "$program" >"$stamp"
}
