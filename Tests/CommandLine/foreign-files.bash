# shellcheck shell=bash disable=SC2154
# Files of others: a link at a name that is about to be written leads nowhere, folders that were not made here are not emptied,
# and a pipe or an endless device in the place of a file is told from one.

victim=$work/victim

plant() {  # plant NAME...: links at these names, to a file of somebody's, or to a folder where the name ends with /
    local name
    rm -rf "$victim"
    mkdir "$victim"
    echo precious >"$victim/file"
    for name in "$@"; do
        rm -rf "${name%/}"
        if [[ $name == */ ]]; then ln -s "$victim" "${name%/}"; else ln -s "$victim/file" "$name"; fi
    done
}

unharmed() {  # unharmed NAME: what the links of `plant` lead to
    same "$1: what a link leads to stays" "file precious" "$(ls -A "$victim") $(cat "$victim/file")"
}

behind_links() {
    local name
    mkdir "$work/planted"
    plant "$work/planted/.preparing/"
    refused "prepare through a link" 74 ".preparing: a link, a pipe or a device is in the way" 0 \
        prepare --corpus "$work/corpus.txt" --output "$work/planted"
    unharmed "prepare through a link"
    plant "$work/words.txt.partial"
    refused "vocabulary through a link" 74 "words.txt.partial: a link, a pipe or a device is in the way" 0 \
        vocabulary --corpus "$work/corpus.txt" --size 100 --output "$work/words.txt"
    unharmed "vocabulary through a link"
    for name in lock run.json.partial; do
        mkdir "$work/new"
        plant "$work/new/$name"
        refused "a new run through a link, $name" 74 "new/$name: a link, a pipe or a device is in the way" "0 2" \
            "${tiny[@]}" --run "$work/new" "${few[@]}"
        unharmed "a new run through a link, $name"
        rm -r "$work/new"
    done
    for name in metrics.jsonl vocab.txt.partial starts.jsonl.partial data.json.partial \
        checkpoints/step-00000004.partial/; do
        copy_of short
        rm -r "$work/copy/checkpoints/step-00000004"
        plant "$work/copy/$name"
        refused "a run that goes on through a link, $name" 74 "copy/${name%/}: a link, a pipe or a device is in the way" 0 \
            "${tiny[@]}" --run "$work/copy" "${few[@]}"
        unharmed "a run that goes on through a link, $name"
    done
    mkdir "$work/linked-model"
    plant "$work/linked-model/.discriminator.partial/"
    refused "export through a link" 74 ".discriminator.partial: a link, a pipe or a device is in the way" 0 \
        export --run "$work/short" --output "$work/linked-model"
    unharmed "export through a link"
    plant "$work/vectors.npy.partial"
    refused "embed through a link" 74 "vectors.npy.partial: a link, a pipe or a device is in the way" 0 \
        embed --model "$work/model" --text "ba ce" --output "$work/vectors.npy"
    unharmed "embed through a link"
    copy_of short
    echo "a diary" >"$work/copy/lock"
    refused "a file that is no lock" 64 "copy/lock: expected the lock of a run, found another file" 0 \
        "${tiny[@]}" --run "$work/copy" "${few[@]}"
    same "a file that is no lock stays" "a diary" "$(cat "$work/copy/lock")"
}

# In folders that are removed, what somebody put there stays.
own_notes() {
    copy_of short
    echo note >"$work/copy/checkpoints/step-00000002/my-notes.txt"
    rm -r "$work/copy/checkpoints/step-00000004"
    pretrain 0 1 copy "${few[@]}" --keep 1
    same "somebody's notes in a checkpoint that is removed" "0 my-notes.txt" "$code $(ls "$work/copy/checkpoints/step-00000002")"
    mkdir "$work/half"
    mkdir "$work/half/.preparing"
    echo note >"$work/half/.preparing/my-notes.txt"
    refused "somebody's notes where prepare works" 74 ".preparing: has files that electra-dist did not write" 0 \
        prepare --corpus "$work/corpus.txt" --output "$work/half"
    same "somebody's notes where prepare works stay" note "$(cat "$work/half/.preparing/my-notes.txt")"
}

# Each would be waited for, or read, for ever.
no_files() {  # no_files FOLDER FILES ARGUMENT...: the command with each of the files in turn a pipe, and without an end
    local folder=$1 file kind seconds_allowed=60
    local -a files
    read -r -a files <<<"$2"
    shift 2
    for file in "${files[@]}"; do
        for kind in pipe device; do
            rm -rf "$work/copy"
            cp -r "$work/$folder" "$work/copy"
            rm "$work/copy/$file"
            if [[ $kind == pipe ]]; then mkfifo "$work/copy/$file"; else ln -s /dev/zero "$work/copy/$file"; fi
            run 0 "$@"
            if [[ ($code -eq 65 || $code -eq 74 || $code -eq 64) && $(own_errors | wc -l) -eq 1 ]]; then
                pass "$1 with a $kind as $folder/$file: $code, $(own_errors | sed "s|$work/||g; s/^electra-dist: error: //")"
            else
                fail "$1 with a $kind as $folder/$file"
            fi
        done
    done
}

few=(--steps 4 --save-every 2 --evaluate-every 0 --batch 8 --slices 4)
pretrain 1 1 short "${few[@]}"
run 0 export --run "$work/short" --output "$work/model"
same "a run and a model to plant links in" 0 "$code"
behind_links
own_notes
shard=$(cd "$work/data" && find . -name 'train-*.shard' -printf '%f\n' | sort | head -n 1)
no_files data "manifest.json vocab.txt $shard" "${tiny[@]}" --run "$work/never" "${few[@]}" --data "$work/copy"
last=checkpoints/step-00000004
no_files short "run.json metrics.jsonl" "${tiny[@]}" --run "$work/copy" "${few[@]}"
no_files short "run.json vocab.txt data.json $last/manifest.json $last/parameters.safetensors $last/run.json" \
    evaluate --run "$work/copy" --data "$work/data"
no_files model "discriminator/config.json discriminator/model.safetensors" \
    detect --model "$work/copy" --text "ba ce di"

# Root may do everything, so another user looks: who has no rights is told so, and what he cannot see is not taken for missing.
as_nobody() {  # as_nobody ARGUMENT...: the program, by a user without rights in $work
    ranks=0
    line=("$work/electra-dist" "$@")
    if [[ $(id -u) -eq 0 ]]; then line=(setpriv --reuid=65534 --regid=65534 --clear-groups "${line[@]}"); fi
    run_line
}

rights() {
    local path
    cp "$program" "$work/electra-dist"
    mkdir "$work/closed" "$work/open"
    chmod 755 "${work%/*}" "$work"
    chmod 555 "$work/closed"
    chmod 777 "$work/open"
    as_nobody prepare --corpus "$work/corpus.txt" --output "$work/closed/data"
    says "prepare into a folder of another's" 74 "closed/data: cannot be created (Permission denied)"
    as_nobody "${tiny[@]}" --run "$work/closed/run" "${few[@]}"
    says "a run in a folder of another's" 74 "closed/run: cannot be created (Permission denied)"
    as_nobody export --run "$work/short" --output "$work/closed/model"
    says "export into a folder of another's" 74 "closed/model.*(Permission denied)"
    for path in checkpoints checkpoints/step-00000004 checkpoints/step-00000004/parameters.safetensors run.json vocab.txt; do
        rm -rf "$work/open/copy"
        cp -r "$work/short" "$work/open/copy"
        chmod -R a+rwX "$work/open/copy"
        chmod 000 "$work/open/copy/$path"
        # A checkpoint has a run.json of its own.
        if [[ $path != run.json ]]; then
            as_nobody evaluate --run "$work/open/copy" --data "$work/data"
            says "evaluate of a run whose $path is closed" 74 "copy/.*(Permission denied)"
        fi
        # It would begin anew, and the run with it.
        as_nobody "${tiny[@]}" --run "$work/open/copy" "${few[@]}"
        if [[ $path == vocab.txt ]]; then
            same "a run whose $path is closed is given a new one" 0 "$code"
        else
            says "a run whose $path is closed does not go on" 74 "copy/.*(Permission denied)"
        fi
        chmod -R u+rwX "$work/open/copy"
    done
    # A link of somebody else's in a folder that all may write, as /tmp.
    plant "$work/open/words.txt.partial"
    chown -h 65534 "$work/open/words.txt.partial" 2>/dev/null
    refused "vocabulary through a link of another's" 74 "words.txt.partial: a link, a pipe or a device is in the way" 0 \
        vocabulary --corpus "$work/corpus.txt" --size 100 --output "$work/open/words.txt"
    unharmed "vocabulary through a link of another's"
}

rights
