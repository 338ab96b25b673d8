# shellcheck shell=bash disable=SC2154
# What was damaged, is another's or ran out of space or numbers is refused, and loses nothing: data sets, runs, checkpoints.

copy_of() {  # copy_of FOLDER: a copy to damage, as $work/copy
    rm -rf "$work/copy"
    cp -r "$work/$1" "$work/copy"
}

flip_bit() {  # flip_bit FILE [OFFSET]: in the middle if no offset is given
    local offset=${2:-$(($(stat -c %s "$1") / 2))} byte
    byte=$(od -An -tu1 -j "$offset" -N 1 "$1")
    printf '%b' "\\0$(printf '%03o' $((byte ^ 1)))" | dd of="$1" bs=1 seek="$offset" conv=notrunc status=none
}

cut_in_half() { truncate -s $(($(stat -c %s "$1") / 2)) "$1"; }

damaged_data() {
    local shard
    shard=$(find "$work/data" -name 'train-*.shard' -printf '%f\n' | sort | head -n 1)
    refused "data that are missing" 74 "nowhere;electra-dist prepare" "$everywhere" \
        pretrain --data "$work/nowhere" --run "$work/refused"
    copy_of data
    cut_in_half "$work/copy/$shard"
    refused_run "a shard cut in half" 65 "$shard: [0-9]* bytes expected, [0-9]* found;run prepare again" "$everywhere" --data "$work/copy"
    copy_of data
    flip_bit "$work/copy/$shard"
    refused_run "a shard with one flipped bit" 65 "$shard: checksum;run prepare again" "$everywhere" --data "$work/copy"
    copy_of data
    flip_bit "$work/copy/$shard" 26
    refused_run "a flipped bit in a shard's header" 65 "$shard: header checksum;run prepare again" "$somewhere" --data "$work/copy"
    rm "$work/copy/$shard"
    refused_run "a shard that is missing" 74 "$shard;run prepare again" "$somewhere" --data "$work/copy"
    copy_of data
    cut_in_half "$work/copy/manifest.json"
    refused_run "half of a manifest" 65 "manifest.json;run prepare again" 0 --data "$work/copy"
    prepare copy --corpus "$work/corpus.txt" --max-length 64 --held-out 0.05
    rm "$work/copy/manifest.json"
    refused_run "data without a manifest" 65 "copy: no manifest.json;run prepare" 0 --data "$work/copy"
    copy_of data
    sed -i '$d' "$work/copy/vocab.txt"
    refused_run "a vocabulary that was changed" 65 "vocab.txt;run prepare again" "$somewhere" --data "$work/copy"
}

other_runs() {
    local last="checkpoints/step-00000004" ranks
    local short=(--steps 4 --save-every 2 --evaluate-every 0 --batch 8 --slices 4)
    pretrain 1 1 short "${short[@]}"
    [[ $code -eq 0 ]] || fail "a short run"
    refused "a run that was started with another seed" 64 "short: this run was started with seed 7, not 8;another --run" \
        "$somewhere" "${tiny[@]}" --run "$work/short" "${short[@]}" --seed 8
    prepare other --corpus "$work/corpus.txt" --max-length 48 --held-out 0.05
    refused "a run that was started with other data" 64 "short: this run was trained on the data of .*data (corpus.txt; 1500 documents;--data names .*other (corpus.txt;in sequences of up to 48 tokens, not 64;another --run" \
        "$somewhere" "${tiny[@]}" --run "$work/short" "${short[@]}" --data "$work/other"

    pretrain 1 1 narrow "${short[@]}" --set hidden_size=64
    [[ $code -eq 0 ]] || fail "a run of another model"
    copy_of short
    rm -r "$work/copy/$last"
    cp -r "$work/narrow/$last" "$work/copy/$last"
    refused "a checkpoint of another model" 65 "$last: made with hidden_size 64, not 128;another run;remove this folder" \
        "$everywhere" "${tiny[@]}" --run "$work/copy" "${short[@]}"
    copy_of short
    cp "$work/narrow/$last/parameters.safetensors" "$work/copy/$last/"
    refused "a checkpoint with another model's parameters" 65 "$last/parameters.safetensors;remove this folder" \
        "0 2" "${tiny[@]}" --run "$work/copy" "${short[@]}"

    local file damage counts
    for file in parameters.safetensors adam_m.safetensors adam_v.safetensors run.json manifest.json; do
        # Rank 0 reads them all, by the same code.
        counts=0
        [[ $file != adam_v.safetensors && $file != run.json ]] || counts="0 2"
        for damage in cut_in_half flip_bit rm; do
            [[ $file-$damage != manifest.json-rm ]] || continue  # That is no checkpoint, and passed over.
            copy_of short
            $damage "$work/copy/$last/$file"
            local wanted=65
            [[ $damage != rm ]] || wanted=74
            refused "a checkpoint, $damage $file" $wanted "$last;remove this folder" "$counts" \
                "${tiny[@]}" --run "$work/copy" "${short[@]}"
            refused "a checkpoint to inspect, $damage $file" $wanted "$last" 0 inspect "$work/copy"
        done
        copy_of short
        flip_bit "$work/copy/$last/$file"
        refused "a checkpoint to evaluate, flip_bit $file" 65 "$last" "$counts" evaluate --run "$work/copy" --data "$work/data"
    done
    # A manifest that lies without breaking any rule of JSON.
    copy_of short
    sed -i 's/"step" : 4/"step" : 3/' "$work/copy/$last/manifest.json"
    refused "a checkpoint that lies about its step" 65 "$last;remove this folder" "$somewhere" \
        "${tiny[@]}" --run "$work/copy" "${short[@]}"
    copy_of short
    sed -i 's/\("fingerprint" : "\)./\1x/' "$work/copy/$last/manifest.json"
    refused "a checkpoint that lies about its fingerprint" 65 "$last;remove this folder" 0 inspect "$work/copy"
    # The remedy that all of these name.
    rm -r "${work:?}/copy/$last"
    pretrain 2 1 copy "${short[@]}"
    run 0 inspect "$work/copy"
    cp "$work/out" "$work/copy.txt"
    run 0 inspect "$work/short"
    same "a damaged checkpoint, removed: the one before it leads to the same end" \
        "$(grep '^parameters' "$work/out")" "$(grep '^parameters' "$work/copy.txt")"

    copy_of short
    flip_bit "$work/copy/vocab.txt"
    refused "a run to inspect, flip_bit vocab.txt" 65 "copy: its vocab.txt and data.json are not of the data set" 0 \
        inspect "$work/copy"
    copy_of short
    cut_in_half "$work/copy/run.json"
    refused "half of a run.json" 65 "copy/run.json" "0 2" "${tiny[@]}" --run "$work/copy" "${short[@]}"
    copy_of short
    sed -i 's/"hidden_size"/"hiddem_size"/' "$work/copy/run.json"
    refused "an unknown key in run.json" 65 'copy/run.json;hiddem_size' "0 2" "${tiny[@]}" --run "$work/copy" "${short[@]}"
}

# Two ranks, the second with data of its own, as on hosts without a shared file system.
own_copies() {
    with_copy() {  # with_copy FOLDER ARGUMENT...
        local folder=$1
        shift
        ranks=2
        line=("${launcher[@]}" -n 1 "$program" "$@" --data "$work/data" : -n 1 "$program" "$@" --data "$folder")
        run_line
    }
    local shard
    shard=$(find "$work/data" -name 'train-*.shard' -printf '%f\n' | sort | head -n 1)
    copy_of data
    with_copy "$work/copy" "${tiny[@]}" --run "$work/copies" --steps 4
    if [[ $code -eq 0 ]]; then pass "data copied to every host"; else fail "data copied to every host"; fi
    flip_bit "$work/copy/$shard"
    with_copy "$work/copy" "${tiny[@]}" --run "$work/refused" --steps 4
    says "a flipped bit in one host's copy" 65 "copy/$shard: checksum;on rank 1"
    with_copy "$work/copy" evaluate --run "$work/copies"
    says "a flipped bit in one host's copy, evaluated" 65 "copy/$shard: checksum;on rank 1"
    with_copy "$work/other" "${tiny[@]}" --run "$work/refused" --steps 4
    says "other data on one host" 65 "other on .*: expected the data set that rank 0 has;copy rank 0.s to every host"
    with_copy "$work/other" evaluate --run "$work/copies"
    says "other data on one host, evaluated" 65 "other on .*: expected the data set that rank 0 has;copy rank 0.s to every host"
    # The same path of a run, and on one host another run.
    mkdir "$work/host1" "$work/host2"
    cp -r "$work/copies" "$work/host1/run"
    pretrain 1 1 host2/run --steps 4 --seed 8
    line=("${launcher[@]}" -n 1 --wdir "$work/host1" "$program" evaluate --run run --data "$work/data"
        : -n 1 --wdir "$work/host2" "$program" evaluate --run run --data "$work/data")
    run_line
    says "another checkpoint on one host" 65 "run/checkpoints/step-00000004 on .*: is another checkpoint than rank 0"
}

# As if the disk were full: no file may become larger than 2 MB, and parameters are.
full_disk() {
    local ranks limit
    # Of Open MPI the ranks' shared memory would be too large, too.
    # shellcheck disable=SC2016
    limit=(bash -c 'trap "" XFSZ; ulimit -f 2000; exec "$@"' limited)
    for ranks in 0 2; do
        command_line 0 "${tiny[@]}" --run "$work/full-$ranks" --steps 4 --warmup 0 --save-every 2 --evaluate-every 0
        line=("${limit[@]}" "${line[@]}")
        if [[ $ranks -gt 0 ]]; then line=("${launcher[@]}" --mca btl "tcp,self" -n "$ranks" "${line[@]}"); fi
        run_line
        says "a full disk" 74 "parameters.safetensors;space"
        same "a full disk, $ranks ranks: no checkpoint that is not whole" "" \
            "$(find "$work/full-$ranks/checkpoints" -name 'step-*' ! -name '*.partial' -printf '%f ')"
        pretrain 2 1 full-$ranks --steps 4 --warmup 0 --save-every 2 --evaluate-every 0
        if [[ $code -eq 0 && -n $(fingerprint) ]]; then
            pass "a full disk, $ranks ranks: with space again, it goes on"
        else
            fail "a full disk, $ranks ranks: with space again, it goes on"
        fi
    done
}

# A loss that is no number any more.
diverged() {
    local ranks
    for ranks in 0 3; do
        pretrain $ranks 1 diverged-$ranks --learning-rate 1e30 --warmup 1 --steps 8
        says "a run that diverges" 70 "is not finite;the state before the step is in;learning_rate"
        if [[ -e $(find "$work/diverged-$ranks/diverged/checkpoints" -name manifest.json) ]]; then
            pass "a run that diverges, $ranks ranks: the state is kept, as said"
        else
            fail "a run that diverges, $ranks ranks: the state is kept, as said"
        fi
    done
    rm -r "$work/diverged-3/diverged"
    : >"$work/diverged-3/diverged"
    pretrain 3 1 diverged-3 --learning-rate 1e30 --warmup 1 --steps 8
    says "a run that diverges, where its state cannot be saved" 70 "is not finite;could not be saved (.*diverged;learning_rate"
}

damaged_data
other_runs
own_copies
full_disk
diverged
