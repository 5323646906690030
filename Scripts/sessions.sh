# shellcheck shell=bash
# Runs commands each in a session of its own, so that whatever they leave running can be ended with them. Sourced.

# The session that runs now; empty when none does.
session=

# Starts a command in a session of its own, in the background. Its output goes to the file.
start_session() {
    local output=$1
    shift
    # Not a group leader, `setsid` does not fork: the job's number is that of the session and of its first process.
    setsid "$@" </dev/null >"$output" 2>&1 &
    session=$!
}

# The living processes of a session, one a line: `pid (name) state parent group session …` stands in each stat file.
session_processes() {
    local file line state of
    for file in /proc/[0-9]*/stat; do
        { read -r line <"$file"; } 2>/dev/null || continue
        read -r state _ _ of _ <<<"${line##*) }"
        if [[ $of == "$1" && $state != [ZX] ]]; then say "${line%% *}"; fi
    done
}

# Ends what is left of the session: politely, and after three seconds at once.
end_session() {
    local processes attempt
    [[ -n $session ]] || return 0
    for attempt in {1..35}; do
        mapfile -t processes < <(session_processes "$session")
        ((${#processes[@]})) || break
        if ((attempt == 1)); then kill -TERM "${processes[@]}" 2>/dev/null; fi
        if ((attempt > 30)); then kill -KILL "${processes[@]}" 2>/dev/null; fi
        sleep 0.1
    done
    wait "$session" 2>/dev/null
    session=
}
