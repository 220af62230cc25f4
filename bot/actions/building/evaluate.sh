# What the repository's own shell makes of texts of the buildspec, before its phases: the keys of its cache (CAC-3).
penstock_build=$PENSTOCK_BUILD
unset PENSTOCK_BUILD
for penstock_file in "$penstock_build"/texts/*; do
    penstock_text=$(cat "$penstock_file")
    if penstock_text=$(eval "printf '%s' \"$penstock_text\""); then
        printf '%s' "$penstock_text" >"$penstock_build/values/${penstock_file##*/}"
    fi
done
