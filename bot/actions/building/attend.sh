# Sees to it that a build's shell comes to its end: when a command ends the shell, that is noted, and another goes on behind it; when
# a phase is another user's, that user's goes on (PHS-6). It knows nothing of commands. `$PENSTOCK_BUILD` is the folder that `driver`
# has written; the line that starts the shell and the first user, "" for the bot's own, are put in.
penstock_build=$PENSTOCK_BUILD
unset PENSTOCK_BUILD
last=none
user=@USER@
changed=yes

start() {
    if [ -z "$user" ]; then
        "$@"
        return
    fi
    for place in "$penstock_build" "$penstock_build/values" "$penstock_build/results" "$penstock_build/exports" "$PENSTOCK_OUTPUT"; do
        [ ! -e "$place" ] || chown -h "$user" "$place" || return
    done
    chmod a+w /proc/self/fd/1 # a pipe of the bot's, which its user could not open as /dev/stdout
    home=
    if [ -n "$changed" ]; then
        home=${penstock_build%/*}/users/$user
        [ -d "$home" ] || home=$HOME
    fi
    group=$(id -g "$user") || return
    PENSTOCK_AS=$user PENSTOCK_HOME=$home setpriv --reuid="$user" --regid="$group" --init-groups -- "$@"
}

while :; do
    status=0
    start @SHELL@ || status=$?
    if [ -e "$penstock_build/outcome" ]; then
        read -r outcome <"$penstock_build/outcome" || :
        [ "$outcome" = SUCCEEDED ] || exit 1
        exit 0
    fi
    current='' next=''
    while read -r key value; do
        next=
        case $key in
        ">"*) current=${key#>} ;;
        as) next=$value ;;
        esac
    done 2>/dev/null <"$penstock_build/results" || :
    if [ -n "$next" ] && [ "$next" != "$user" ]; then
        user=$next changed=yes
        continue
    fi
    changed=
    if [ -z "$current" ] || [ "$current" = "$last" ]; then
        printf '[Container] The shell ended with exit status %s, and no command ended it.\n' "$status"
        exit 1
    fi
    [ "$status" = 0 ] || printf '[Container] Command did not exit successfully, exit status %s\n' "$status"
    printf '%s %sx\n' "$current" "$status" >>"$penstock_build/results"
    last=$current
done
