# shellcheck shell=bash disable=SC2154
# Everything that goes wrong ends with one line that names the thing and what to do, and the exit code of its kind, on any
# number of ranks, without a hang: 64 usage, 65 bad data, 74 files, 70 numbers that are none any more.

refused() {  # refused NAME CODE "PATTERN;PATTERN..." RANKS ARGUMENT...: on each of the numbers of ranks
    local name=$1 wanted=$2 patterns=$3 ranks
    local -a numbers
    read -r -a numbers <<<"$4"
    shift 4
    for ranks in "${numbers[@]}"; do
        run "$ranks" "$@"
        says "$name" "$wanted" "$patterns"
    done
}

# The parts of a failure that are the same for all of a kind need not be looked at on every number of ranks.
everywhere="0 1 2 3"
somewhere="0 3"

refused_run() {  # refused_run NAME CODE PATTERNS RANKS OPTION...: a new run, which leaves nothing
    local name=$1 wanted=$2 patterns=$3 counts=$4
    shift 4
    refused "$name" "$wanted" "$patterns" "$counts" "${tiny[@]}" --run "$work/refused" "$@"
    if [[ -e $work/refused ]]; then
        fail "$name: leaves no folder" "$(find "$work/refused")"
        rm -rf "$work/refused"
    fi
}

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

corpora() {
    local output=(--output "$work/none")
    refused "a corpus that is missing" 74 "nowhere.txt;check --corpus" 0 prepare --corpus "$work/nowhere.txt" "${output[@]}"
    : >"$work/empty.txt"
    refused "an empty corpus" 65 "empty.txt;check --corpus" 0 prepare --corpus "$work/empty.txt" "${output[@]}"
    echo word >"$work/word.txt"
    refused "a corpus of one word" 65 "word.txt;add text" 0 prepare --corpus "$work/word.txt" "${output[@]}"
    mkdir "$work/folder"
    : >"$work/folder/text.doc"
    refused "a folder without text" 65 "folder;\.txt" 0 prepare --corpus "$work/folder" "${output[@]}"
    echo '{"text": 3}' >"$work/bad.jsonl"
    refused "JSON lines without a text" 65 "bad.jsonl: line 1" 0 prepare --corpus "$work/bad.jsonl" "${output[@]}"
    { for _ in $(seq 40000); do echo '{"text": "to have and to hold"}'; done; echo; echo '{"text": 3}'; } >"$work/bad.jsonl"
    refused "JSON lines without a text, far down, for a vocabulary" 65 "bad.jsonl: line 40002" 0 \
        vocabulary --corpus "$work/bad.jsonl" --size 100 --output "$work/refused-vocab.txt"
    refused "a field of another name" 65 "line 1: no field \"text\";\"body\": name one with --text-field;--skip-bad-lines" 0 \
        prepare --corpus <(echo '{"body": "a b c"}') --vocab "$work/data/vocab.txt" "${output[@]}"
    refused "Parquet under the name of a text" 65 "a Parquet file;read_parquet" 0 \
        prepare --corpus <(printf PAR1) "$work/word.txt" --vocab "$work/data/vocab.txt" "${output[@]}"
    head -c 1000 <(gzip -c "$work/corpus.txt") >"$work/cut.txt.gz"
    refused "gzip cut short" 65 "cut.txt.gz" 0 prepare --corpus "$work/cut.txt.gz" "${output[@]}"
    grep -v '^\[MASK\]$' "$work/data/vocab.txt" >"$work/maskless.txt"
    sed 's/.*/{"url": "x", "body": "&", "score": NaN}/' "$work/corpus.txt" >"$work/lines"
    echo '{"body": null}' >>"$work/lines"
    prepare from-pipe --corpus <(cat "$work/lines") --text-field body --skip-bad-lines --vocab "$work/data/vocab.txt"
    same "JSON lines from a pipe, a bad one passed over" "1 1" \
        "$(grep -c "note: passed over 1 line of JSON with null" "$work/err") $(wc -l <"$work/err")"
    refused "a vocabulary without [MASK]" 65 "maskless.txt: no \[MASK\];at the end" 0 \
        prepare --corpus "$work/corpus.txt" --vocab "$work/maskless.txt" "${output[@]}"
    refused "a vocabulary that is missing" 74 "nowhere.txt;check --vocab" 0 \
        prepare --corpus "$work/corpus.txt" --vocab "$work/nowhere.txt" "${output[@]}"
    refused "an output that is no data set's" 64 "folder;text.doc" 0 \
        prepare --corpus "$work/corpus.txt" --output "$work/folder"
    refused "prepare in several processes" 64 "one process;without mpirun" 2 \
        prepare --corpus "$work/corpus.txt" "${output[@]}"
    mkdir "$work/in-use"
    ranks=0
    command_line 0 prepare --corpus "$work/corpus.txt" --output "$work/in-use"
    line=(flock "$work/in-use" "${line[@]}")
    run_line
    says "an output that another process writes" 64 "in-use: another process writes there;--output"
    mkdir "$work/own-vocabulary"
    cp "$work/data/vocab.txt" "$work/own-vocabulary"
    refused "an output with a vocabulary of its own" 64 "own-vocabulary: this folder has other files;vocab.txt" 0 \
        prepare --corpus "$work/corpus.txt" --output "$work/own-vocabulary"
    prepare own-vocabulary --corpus "$work/corpus.txt" --vocab "$work/own-vocabulary/vocab.txt"
    mkfifo "$work/corpus-fifo"
    refused "a vocabulary into a pipe" 64 "corpus-fifo: a file is expected for --output, and this is a pipe" 0 \
        vocabulary --corpus "$work/corpus.txt" --output "$work/corpus-fifo"
    start 0 prepare --corpus "$work/corpus-fifo" --vocab "$work/data/vocab.txt" --output "$work/interrupted/below"
    # Again and again, for the first may come in the moment before it waits.
    if wait_for "$work/interrupted/below/.preparing"; then
        while kill -TERM "$session" 2>/dev/null; do sleep 0.1; done
    fi
    finish
    says "prepare that is stopped while a pipe is silent" 75 "corpus-fifo: reading was stopped by a signal"
    [[ ! -e $work/interrupted ]] || fail "prepare that is stopped leaves no folder above" "$(find "$work/interrupted")"
    start 0 prepare --corpus "$work/corpus-fifo" --vocab "$work/data/vocab.txt" --output "$work/interrupted"
    { timeout "$seconds_allowed" cat "$work/corpus.txt"; wait_for "$work/interrupted/.preparing"; kill -TERM "$session"; finish; } 1<>"$work/corpus-fifo"
    says "prepare that is stopped" 75 "corpus-fifo: reading was stopped by a signal;run the same command again"
    [[ ! -e $work/interrupted ]] || fail "prepare that is stopped leaves no folder" "$(find "$work/interrupted")"
    refused "an output inside of a file" 74 "empty.txt/data;--output" 0 \
        prepare --corpus "$work/corpus.txt" --output "$work/empty.txt/data"
    [[ ! -e $work/none ]] || fail "a refused corpus leaves no folder" "$(find "$work/none")"
}

damaged_data() {
    local shard=$work/copy/train-00000.shard
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

settings() {
    refused_run "a batch that the slices do not divide" 64 "batch 30: 8 slices;use --slices" "$everywhere" --batch 30 --slices 8
    refused "more ranks than slices" 64 "3 ranks: more than the 2 slices;use at most 2 ranks" 3 \
        "${tiny[@]}" --run "$work/refused" --batch 8 --slices 2
    refused_run "an unknown field" 64 'unknown field "hiden_size";did you mean "hidden_size"' "$somewhere" --set hiden_size=64
    refused_run "a value of another type" 64 'field batch: expected a whole number, found "many"' 0 --set batch=many
    refused_run "a --set without a value" 64 "\-\-set seed: expected field=value" 0 --set seed
    refused_run "a negative size" 64 "layers -1: expected 1 to" 0 --set layers=-1
    refused_run "a negative number" 64 "learning_rate -1.0: expected 0 or more" "$somewhere" --learning-rate -1
    refused_run "a negative count" 64 "batch -3: expected 1 to" 0 --batch -3
    refused_run "a count beyond all bounds" 64 "batch 9223372036854775807: expected 1 to" 0 --batch 9223372036854775807
    refused_run "a batch that no memory holds" 64 "batch 1000000007: expected 1 to 1048576" 0 --batch 1000000007
    refused_run "a field that the data decide" 64 "field vocabulary_size: comes from the data set" 0 --set vocabulary_size=5
    refused "a benchmark without end" 64 "\-\-steps 9223372036854775807: expected 1 to" 0 benchmark --steps 9223372036854775807
    refused_run "heads that do not divide" 64 "heads 3: do not divide hidden_size 128" 0 --set heads=3
    refused_run "a probability above 1" 64 "mask_probability 1.5" 0 --set mask_probability=1.5
    refused_run "an unknown precision" 64 'precision "f8": expected f32 or bf16' 0 --precision f8
    refused_run "an unknown preset" 64 'preset "huge": expected one of tiny, small' 0 --preset huge
    refused_run "sequences longer than the model's" 64 "data: its sequences are up to 64;max_length" 0 --set max_length=32
    echo '{"batch": 16, "lerning_rate": 0.1}' >"$work/unknown.json"
    refused_run "an unknown key in a run file" 64 'unknown.json;"lerning_rate";did you mean "learning_rate"' "$somewhere" \
        --config "$work/unknown.json"
    echo '{"batch": "16"}' >"$work/type.json"
    refused_run "a wrong type in a run file" 64 'type.json;field batch: expected a whole number' 0 --config "$work/type.json"
    echo '{"batch": 16, "seed": 1, "batch": 32}' >"$work/twice.json"
    refused_run "a field twice in a run file" 65 'twice.json: the field "batch" stands twice' 0 --config "$work/twice.json"
    echo 'batch: 16' >"$work/text.json"
    refused_run "a run file that is not JSON" 65 "text.json: expected one JSON object" 0 --config "$work/text.json"
    refused_run "a run file that is missing" 74 "nowhere.json;check --config" 0 --config "$work/nowhere.json"
}

mistyped() {
    refused "a mistyped option" 64 "unknown option '--stpes';Did you mean '--steps'" "$everywhere" \
        "${tiny[@]}" --run "$work/refused" --stpes 3
    refused "an option unlike all others" 64 "unknown option '--colour' (see" 0 "${tiny[@]}" --run "$work/refused" --colour 3
    refused "a word for a number" 64 "'many' is invalid for '--batch <count>': expected a whole number" "$somewhere" \
        "${tiny[@]}" --run "$work/refused" --batch many
    refused "a word for a rate" 64 "'high' is invalid for '--learning-rate <rate>': expected a number" 0 \
        "${tiny[@]}" --run "$work/refused" --learning-rate high
    refused "no --data" 64 "\-\-data and --run are needed" "$somewhere" pretrain --run "$work/refused"
    refused "a mistyped command" 64 "unknown command 'pretrian': expected vocabulary, prepare, pretrain" "$somewhere" pretrian
    refused "a value that begins with a dash" 64 "missing value for '--text <text>';--text=" 0 detect --model m --text "- a"
    refused "help on a mistyped command" 64 "unknown command 'pretrian': expected vocabulary, prepare, pretrain" 0 help pretrian
    [[ ! -e $work/refused ]] || fail "a mistyped command leaves no folder"
}

places() {
    refused "a run inside of a file" 74 "empty.txt/run;check the path" "$somewhere" \
        "${tiny[@]}" --run "$work/empty.txt/run"
    refused "a run where nothing can be written" 74 "/proc/run;check the path" 0 "${tiny[@]}" --run /proc/run
    refused "a run that is a file" 64 "empty.txt: a folder is expected for --run" 0 "${tiny[@]}" --run "$work/empty.txt"
    mkdir "$work/mine"
    echo mine >"$work/mine/vocab.txt"
    refused "a run in a folder of other files" 64 "mine: this folder has other files;(vocab.txt;new or empty folder" \
        "$somewhere" "${tiny[@]}" --run "$work/mine"
    same "a run in a folder of other files leaves them alone" "vocab.txt mine" \
        "$(ls -A "$work/mine") $(cat "$work/mine/vocab.txt")"
    refused "a run in the data's folder" 64 "data: this folder has other files;new or empty folder" 0 \
        "${tiny[@]}" --run "$work/data"
    mkdir "$work/begun"
    : >"$work/begun/run.json.partial"
    pretrain 0 1 begun --steps 1 --evaluate-every 0
    same "a run in the folder of a start that was cut short" 0 "$code"
    pretrain 0 1 blocked --steps 1 --evaluate-every 0
    rm -r "$work/blocked/checkpoints"
    : >"$work/blocked/checkpoints"
    refused "a file where checkpoints should go" 74 "blocked/checkpoints" "0 2" \
        "${tiny[@]}" --run "$work/blocked" --steps 1 --evaluate-every 0
}

# What is printed may be all that somebody wanted.
full_output() {
    ranks=0
    command_line 0 inspect "$work/data"
    "${line[@]}" >/dev/full 2>"$work/err"
    code=$?
    says "a full disk under standard output" 74 "standard output: cannot be written"
    command_line 0 "${tiny[@]}" --run "$work/unread" --steps 2 --evaluate-every 0
    "${line[@]}" 2>"$work/err" | true
    same "nobody reads what a run prints" "0 0" "${PIPESTATUS[0]} $(own_errors | wc -l)"
    command_line 0 inspect "$work/data"
    (exec "${line[@]}" >&- 2>"$work/err")
    same "standard output is closed" "0 0" "$? $(wc -l <"$work/err")"
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

# Limits on addresses (`ulimit -v`, in KB), as Grid Engine sets them.
little_memory() {
    local limit
    # shellcheck disable=SC2016
    limit=(bash -c 'ulimit -v "$0"; exec "$@"')
    ranks=0
    command_line 0 benchmark --preset base --batch 1 --set slices=1 --steps 1
    line=("${limit[@]}" 600000 "${line[@]}")
    run_line
    says "too little memory for the parameters" 70 "out of memory;MB more;ulimit -v"
    # OpenBLAS itself would try for ever.
    command_line 0 benchmark --preset tiny --batch 16 --set slices=16 --threads 16 --steps 1
    line=("${limit[@]}" 4000000 "${line[@]}")
    run_line
    says "too little memory for the threads of OpenBLAS" 64 "for 16 threads;MB more;ulimit -v;--threads"
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

looking() {
    refused "nothing to inspect" 74 "nowhere: no such folder" 0 inspect "$work/nowhere"
    refused "an unknown folder to inspect" 65 "folder: neither" 0 inspect "$work/folder"
    refused "no run to evaluate" 65 "folder: neither a run nor a checkpoint" "0 2" \
        evaluate --run "$work/folder" --data "$work/data"
    refused "a run that is not there" 74 "nowhere: no such folder" "0 2" evaluate --run "$work/nowhere" --data "$work/data"
    write_corpus "$work/few.txt" 60
    prepare few --corpus "$work/few.txt" --vocabulary-size 64 --allow-unknown --held-out 0.1
    refused "more threads than any machine has" 64 "threads 5000: expected 1 to 1024" "0 2" \
        "${tiny[@]}" --run "$work/threads" --threads 5000
    refused "a model that MPI cannot count" 64 "parameters: expected at most 2147483647" "0 2" \
        "${tiny[@]}" --run "$work/giant" --set hidden_size=65536
    refused "another vocabulary to evaluate with" 64 "few: a vocabulary of 64;vocab.txt" "0 2" \
        evaluate --run "$work/short" --data "$work/few"
}

# The values that the same command would train with.
fields_listed() {
    shown() { sed -n 's/^\(steps\|seed\|threads\|hidden_size\) = //p' "$work/out" | xargs; }
    run 0 pretrain --list-fields --preset base --steps 10 --run "$work/nowhere"
    same "the fields of a new run" "0 42 768 10 1" "$code $(shown)"
    run 0 pretrain --list-fields --run "$work/short" --threads 3
    same "the fields of a run that was started" "0 7 128 4 3" "$code $(shown)"
    refused "the fields of a run that was started with others" 64 "short: this run was started with seed 7, not 8" 0 \
        pretrain --list-fields --run "$work/short" --seed 8
}

# What is no mistake, but most likely not meant. Rank 0 says it.
notes() {
    noted() {  # noted NAME WANTED: the note, or nothing; how many cores there are is another matter
        same "$1" "0 $2" "$code $(sed -n "/: they take turns/d; s|$work/||g; s/^note: //p" "$work/err")"
    }
    local few=(--steps 1 --evaluate-every 0 --batch 8 --slices 4)
    pretrain 2 2 noted-even "${few[@]}"
    noted "as many lanes as slices" ""
    pretrain 2 3 noted-idle "${few[@]}" --batch 12
    noted "more lanes than slices" "2 of 6 lanes (ranks x threads) have nothing to do in a step of 4 slices; use --slices 6 in a new run, or a number of lanes that divides 4"
    pretrain 0 3 noted-uneven "${few[@]}"
    noted "lanes that do not divide the slices" "2 of 3 lanes (ranks x threads) have nothing to do for a part of the time in a step of 4 slices; use a number of lanes that divides 4"
    run 0 benchmark --preset tiny --batch 8 --slices 4 --threads 8 --max-length 32 --vocabulary-size 500 --steps 1
    noted "more lanes than slices, in a benchmark" "4 of 8 lanes (ranks x threads) have nothing to do in a step of 4 slices; use --slices 8 in a new run, or a number of lanes that divides 4"
    pretrain 2 1 noted-short "${few[@]}" --set max_length=128
    noted "data that are shorter than the preset" "data: sequences of up to 64 tokens, and preset tiny is for 128: positions beyond are never trained; prepare with --max-length 128, or start with --set max_length=64"
    pretrain 0 1 noted-told "${few[@]}" --set max_length=100
    noted "data that are shorter than what was chosen" ""
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

corpora
damaged_data
settings
mistyped
places
other_runs
own_copies
looking
fields_listed
notes
full_output
full_disk
little_memory
diverged
