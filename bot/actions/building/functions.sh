# How a build's one shell works its commands off, and notes what became of each. POSIX sh, read by sh and bash alike.
#
# Commands are read into this very shell, which is the point: what they `cd`, `export` and define stays (PHS-2). So nothing
# here relies on what a command may change: no positional parameters outside functions, no word splitting, no `set -e`, and
# no name of ours that does not begin with `penstock_`. A command that ends the shell ends its phase: the shell is begun again
# behind it, with its variables and its folder, and passes over what is noted (PHS-12). Nothing of the user's stands in a
# script: commands are files beside this one.
#
# `results` has a line for all that has happened: `>step` before it, `<step> <status>` after it (with an x behind the status where
# the command ended the shell), `as <user>` before another user's shell, `<phase>-begun yes`, `<phase> SUCCEEDED|FAILED|FAILED-RETRY`.
# A line is written with the next one wherever that is as safe, since opening a file is most of what a step costs.
penstock_dir=${0%/*}
penstock_as=${PENSTOCK_AS-}
penstock_home=${PENSTOCK_HOME-}
unset PENSTOCK_AS PENSTOCK_HOME
penstock_past=' '
penstock_pending=
penstock_phase=
penstock_off=
penstock_running=
penstock_skip=
penstock_culprit=
penstock_stop=
penstock_failed=
penstock_over=
penstock_n=0
penstock_line_end='
'

penstock_say() {
    command printf '[Container] %s\n' "$1"
}

# A file into penstock_text, without a process for it.
if [ -n "${BASH_VERSION-}" ]; then
    penstock_read() {
        IFS= read -r -d '' penstock_text <"$1" || :
    }
else
    penstock_read() {
        penstock_text=
        while IFS= read -r penstock_line || [ -n "$penstock_line" ]; do
            penstock_text="$penstock_text$penstock_line$penstock_line_end"
        done <"$1"
        penstock_text=${penstock_text%"$penstock_line_end"}
    }
fi

# To be written with the next line that has to be.
penstock_note() {
    penstock_pending="$penstock_pending$1 $2$penstock_line_end"
}

penstock_flush() {
    command printf '%s' "$penstock_pending" >>"$penstock_dir/results"
    penstock_pending=
}

# What an earlier shell of this build has noted, for one key; false where it has not.
penstock_known() {
    case $penstock_past in *" $1="*) ;; *) return 1 ;; esac
    penstock_value=${penstock_past#*" $1="}
    penstock_value=${penstock_value%%" "*}
}

# The folder goes with the variables.
penstock_save() {
    [ -z "$penstock_over" ] || return 0
    export PWD
    export -p >"$penstock_dir/exports"
}

penstock_begin() {
    penstock_phase=$1 penstock_off=$penstock_stop penstock_skip=$penstock_stop penstock_culprit= penstock_stepped=
    [ -z "$penstock_off" ] || return 0
    if penstock_known "$1-begun"; then return 0; fi
    [ "$2" = "$penstock_as" ] || penstock_become "$2"
    penstock_note "$1-begun" yes
    penstock_say "Entering phase $1"
}

# PHS-6: another user's commands are a shell's of that user, which goes on with the variables and the folder of this one.
penstock_become() {
    penstock_save
    penstock_over=yes
    penstock_note as "$1"
    penstock_flush
    exit 0
}

# Whether the step is to be run by this shell, now; its command is in penstock_text then. $1 here and below: the status of what
# stands before, which is a command's if one was let through.
penstock_step() {
    penstock_take "$1"
    shift
    penstock_n=$1
    if penstock_known "$1"; then
        penstock_judge "${penstock_value%x}"
        case $penstock_value in *x) penstock_skip=yes ;; esac
        return 1
    fi
    [ -z "$penstock_skip" ] || return 1
    penstock_stepped=yes
    penstock_note ">$1" now
    penstock_flush
    penstock_read "$penstock_dir/commands/$1"
    penstock_say "Running command $penstock_text"
    penstock_running=yes
}

penstock_take() {
    [ -n "$penstock_running" ] || return 0
    penstock_running=
    penstock_note "$penstock_n" "$1"
    [ "$1" = 0 ] || penstock_say "Command did not exit successfully, exit status $1"
    penstock_judge "$1"
}

# PHS-3, PHS-7: the first failure skips the rest, and is the phase's.
penstock_judge() {
    [ "$1" != 0 ] || return 0
    penstock_skip=yes penstock_failed=yes
    export CODEBUILD_BUILD_SUCCEEDING=0
    [ -n "$penstock_culprit" ] || penstock_culprit=$penstock_n penstock_culprit_status=$1
}

# PHS-4: what stands under `finally` runs whatever became of the commands.
penstock_finally() {
    penstock_take "$1"
    penstock_skip=$penstock_off
}

# $2: what a failure of this phase leads to, `stop` or `go` on; $3: the pattern of a message that has the build done again.
penstock_end() {
    penstock_take "$1"
    shift
    [ -z "$penstock_off" ] || return 0
    if ! penstock_known "$penstock_phase"; then
        [ -z "$penstock_stepped" ] || penstock_save
        penstock_value=SUCCEEDED penstock_text=
        [ -z "$penstock_culprit" ] || penstock_fail "$2"
        penstock_note "$penstock_phase" "$penstock_value"
        penstock_flush
        penstock_say "Phase complete: $penstock_phase State: ${penstock_value%-*}"
        [ -z "$penstock_text" ] || penstock_say "Phase context status code: COMMAND_EXECUTION_ERROR Message: $penstock_text"
    fi
    case $penstock_value:$1 in *-RETRY:* | FAILED:stop) penstock_stop=yes ;; esac
}

# PHS-10's message; a build that is to be done again goes no further.
penstock_fail() {
    penstock_value=FAILED
    penstock_read "$penstock_dir/commands/$penstock_culprit"
    penstock_text="Error while executing command: $penstock_text. Reason: exit status $penstock_culprit_status"
    command printf '%s\n' "$penstock_text" >"$penstock_dir/message-$penstock_phase"
    [ -n "$1" ] || return 0
    penstock_found=0
    command grep -Pqf "$penstock_dir/$1" "$penstock_dir/message-$penstock_phase" 2>/dev/null || penstock_found=$?
    if [ "$penstock_found" -gt 1 ]; then
        penstock_found=0
        command grep -Eqf "$penstock_dir/$1" "$penstock_dir/message-$penstock_phase" || penstock_found=$?
    fi
    [ "$penstock_found" -ne 0 ] || penstock_value=FAILED-RETRY
}

# The texts that the buildspec has the shell evaluate: they are what the repository's own shell makes of them. In a shell below it,
# since one that is none (a stray quote in a pattern) ends the shell that reads it; it then stays as it is.
penstock_evaluate() {
    penstock_read "$penstock_dir/texts/$1"
    if penstock_text=$(set +u; eval "command printf '%s' \"$penstock_text\""); then
        command printf '%s' "$penstock_text" >"$penstock_dir/values/$1"
    fi
}

penstock_finish() {
    [ -n "$penstock_failed" ] || [ ! -e "$penstock_dir/exported" ] || command env -0 >"$penstock_dir/variables"
    if [ -n "$penstock_failed" ]; then penstock_text=FAILED; else penstock_text=SUCCEEDED; fi
    command printf '%s\n' "$penstock_text" >"$penstock_dir/outcome"
    penstock_over=yes
}

if [ -e "$penstock_dir/results" ]; then
    while IFS=' ' read -r penstock_key penstock_text; do
        penstock_past="$penstock_past$penstock_key=$penstock_text "
    done <"$penstock_dir/results"
    if [ -e "$penstock_dir/exports" ]; then
        . "$penstock_dir/exports"
        cd "$PWD" || :
    fi
else
    penstock_read "$penstock_dir/notes"
    penstock_say "$penstock_text"
fi
if [ -n "$penstock_home" ]; then
    export HOME="$penstock_home" USER="$penstock_as" LOGNAME="$penstock_as"
fi
trap penstock_save EXIT
