# Sees to it that a build's shell comes to its end: when a command ends the shell, that is noted, and another goes on behind it.
# It knows nothing of commands. `$PENSTOCK_BUILD` is the folder that `driver` has written; the line that starts the shell is put in.
penstock_build=$PENSTOCK_BUILD
unset PENSTOCK_BUILD
last=none
while :; do
    status=0
    @SHELL@ || status=$?
    if [ -e "$penstock_build/outcome" ]; then
        read -r outcome <"$penstock_build/outcome" || :
        [ "$outcome" = SUCCEEDED ] || exit 1
        exit 0
    fi
    current=
    while read -r key value; do
        case $key in ">"*) current=${key#>} ;; esac
    done 2>/dev/null <"$penstock_build/results" || :
    if [ -z "$current" ] || [ "$current" = "$last" ]; then
        printf '[Container] The shell ended with exit status %s, and no command ended it.\n' "$status"
        exit 1
    fi
    [ "$status" = 0 ] || printf '[Container] Command did not exit successfully, exit status %s\n' "$status"
    printf '%s %sx\n' "$current" "$status" >>"$penstock_build/results"
    last=$current
done
