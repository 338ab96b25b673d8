# shellcheck shell=bash disable=SC2154
# What was damaged, is another's or ran out of space or numbers is refused, and loses nothing: data sets, runs, checkpoints.

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
    refused "a checkpoint of another model" 65 "$last: made with hidden_size 64, not 128;another run;copy its run.json to" \
        "$everywhere" "${tiny[@]}" --run "$work/copy" "${short[@]}"
    same "a checkpoint of another model stays" manifest.json "$(cd "$work/copy/$last" && ls manifest.json)"
    copy_of short
    sed -i 's/"clipping_norm": 1.0/"clipping_norm": 2.0/' "$work/copy/run.json"
    refused "a run.json that was changed" 65 "clipping_norm 1.0, not 2.0;copy its run.json to" 0 \
        "${tiny[@]}" --run "$work/copy" "${short[@]}"
    cp "$work/copy/$last/run.json" "$work/copy/run.json"
    pretrain 1 1 copy "${short[@]}"
    same "a run.json that was changed, put back from a checkpoint" 0 "$code"

    passed_over() {  # passed_over NAME RANKS: the newest checkpoint of the copy
        pretrain "$2" 1 copy "${short[@]}"
        same "$1: goes on from the one before, to the same end" "0 $expected 1 1" "$code $(fingerprint) $(
            grep -c "^note: passed over: .*$last" "$work/err") $(
            grep -c "^note: going on from .*step-00000002, the newest that is whole; nothing was removed" "$work/err")"
    }
    local file damage expected
    run 0 inspect "$work/short"
    expected="parameters $(sed -n 's/^parameters *\([0-9a-f]*\) .*/\1/p' "$work/out")"
    copy_of short
    cp "$work/narrow/$last/parameters.safetensors" "$work/copy/$last/"
    passed_over "a checkpoint with another model's parameters" 2
    for file in parameters.safetensors adam_m.safetensors adam_v.safetensors run.json manifest.json; do
        for damage in cut_in_half flip_bit rm; do
            [[ $file-$damage != manifest.json-rm ]] || continue  # That is no checkpoint, and passed over.
            copy_of short
            $damage "$work/copy/$last/$file"
            refused "a checkpoint to inspect, $damage $file" 65 "$last;checkpoint before it" 0 inspect "$work/copy"
            refused "a checkpoint to evaluate, $damage $file" 65 "$last" 0 evaluate --run "$work/copy" --data "$work/data"
            # Rank 0 reads them all, by the same code.
            if [[ $damage == flip_bit && $file == adam_v* ]]; then
                passed_over "a checkpoint, $damage $file" 2
            else
                passed_over "a checkpoint, $damage $file" 0
            fi
        done
    done
    # Manifests that lie without breaking any rule of JSON.
    local lie
    for lie in 's/"step" : 4/"step" : 3/' 's/"step" : 4/"step" : -4/' 's/"step" : 4/"step" : 400/' \
        's/\("fingerprint" : "\)./\1x/' '/"files"/,/\]/c "files" : [],' 's/adam_m/adam_x/'; do
        copy_of short
        sed -i "$lie" "$work/copy/$last/manifest.json"
        refused "a manifest that lies, $lie" 65 "$last;checkpoint before it" 0 inspect "$work/copy"
        passed_over "a manifest that lies, $lie" 0
    done
    copy_of short
    flip_bit "$work/copy/$last/adam_m.safetensors"
    flip_bit "$work/copy/checkpoints/step-00000002/run.json"
    refused "no checkpoint that is whole" 65 "copy: none of its 2 checkpoints can be read;from a copy" "$somewhere" \
        "${tiny[@]}" --run "$work/copy" "${short[@]}"
    same "no checkpoint that is whole: none is removed" "step-00000002 step-00000004" "$(checkpoints copy)"

    copy_of short
    sed -i '2s/.*/{"step": broken/; 3s/.*/my own line/' "$work/copy/metrics.jsonl"
    rm -r "$work/copy/$last"
    pretrain 1 1 copy "${short[@]}"
    same "lines of metrics that cannot be read stay, and are told of" "0 my own line 1" \
        "$code $(sed -n 3p "$work/copy/metrics.jsonl") $(grep -c "^note: .*metrics.jsonl: 2 lines in it that cannot be read" "$work/err")"

    copy_of short
    flip_bit "$work/copy/vocab.txt"
    refused "a run to inspect, flip_bit vocab.txt" 65 "copy: its vocab.txt and data.json are not of the data set" 0 \
        inspect "$work/copy"
    copy_of short
    cut_in_half "$work/copy/run.json"
    refused "half of a run.json" 65 "copy/run.json" "0 2" "${tiny[@]}" --run "$work/copy" "${short[@]}"
    copy_of short
    sed -i 's/"vocabulary_size": [0-9]*/"vocabulary_size": 0/' "$work/copy/run.json"
    refused "a run.json of another vocabulary" 65 'copy/run.json: expected vocabulary_size [0-9]*, as its data have, found 0' 0 \
        "${tiny[@]}" --run "$work/copy" "${short[@]}"
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

# Numbers that are none are never saved in the place of a checkpoint that has none of them, nor taken from one.
not_finite() {
    local -a steps=(--steps 4 --warmup 2 --save-every 1 --keep 1 --evaluate-every 0 --batch 8 --slices 4)
    for ranks in 0 2; do
        pretrain $ranks 1 infinite-$ranks --learning-rate 3e38 "${steps[@]}"
        says "weights that become infinite" 70 "not saved, as .* numbers of parameters.safetensors are NaN or infinite;the last good checkpoint is .*step-00000001;learning_rate"
        same "weights that become infinite: the last good checkpoint stays" step-00000001 "$(checkpoints infinite-$ranks)"
    done
    pretrain 0 1 infinite-1 --learning-rate 3e38 --steps 1 --warmup 0 --evaluate-every 0 --batch 8 --slices 4
    says "a run whose last step makes its weights infinite" 70 "not saved"
    refused_run "a rate that a Float does not hold" 64 "field learning_rate: expected a number up to 3e38" 0 --set learning_rate=1e308
    refused_run "a temperature that a Float does not hold" 64 "field temperature: expected a number up to 3e38" 0 --set temperature=1e39
    run 0 export --run "$work/short" --output "$work/model"
    local weights="$work/model/discriminator/model.safetensors"
    # As of another program, which writes no checksum.
    LC_ALL=C sed -i 's/electra-dist crc32c/electra-dist absent/' "$weights"
    printf '\x00\x00\xc0\x7f' | dd of="$weights" bs=1 seek=$(($(stat -c %s "$weights") - 4)) conv=notrunc status=none
    refused "a model with a NaN" 65 "model.safetensors: tensor .* has 1 of .* numbers that are NaN or infinite" 0 \
        detect --model "$work/model" --text "ba ce"
    refused "a run from a model with a NaN" 65 "model.safetensors: tensor .* has 1 of .* numbers that are NaN or infinite" "0 2" \
        "${tiny[@]}" --run "$work/from-nan" --from-discriminator "$work/model"
}

# Files that were right when they were opened.
changed_while_in_use() {
    local change ranks=0 shard save
    local -A finds=([cut_in_half]="shorter than it was\|lies outside" [cut_to_nothing]="lies outside" [beyond_vocabulary]="has token 65535"
        [other_tokens]="somebody wrote into it")
    shard=$(find "$work/data" -name 'train-*.shard' -printf '%f\n' | sort | head -n 1)
    cut_to_nothing() { truncate -s 64 "$1"; }
    beyond_vocabulary() { tr '\0' '\377' </dev/zero | dd of="$1" bs=1k seek=$(($(stat -c %s "$1") / 2048)) count=4 conv=notrunc iflag=fullblock status=none; }
    # The two last tokens, [SEP] and one before it, twice.
    other_tokens() { tail -c 4 "$1" | dd of="$1" bs=1 seek=$(($(stat -c %s "$1") - 8)) conv=notrunc status=none; }
    for ranks in 0 2; do
        for change in cut_in_half cut_to_nothing beyond_vocabulary other_tokens; do
            copy_of data
            rm -rf "$work/in-use"
            # A checkpoint looks at the times of the files, and would be the first to see it.
            save=20
            if [[ $change == beyond_vocabulary ]]; then save=1000000; fi
            start $ranks "${tiny[@]}" --run "$work/in-use" --data "$work/copy" --steps 1000000 --save-every $save --evaluate-every 0
            wait_for "$work/in-use/metrics.jsonl"
            $change "$work/copy/$shard"
            finish
            says "a shard under a running job, $change" 65 "$shard: was changed while it was in use;${finds[$change]};run prepare again"
        done
    done
}

damaged_data
other_runs
own_copies
full_disk
diverged
not_finite
changed_while_in_use
