# shellcheck shell=bash disable=SC2154
# Everything that goes wrong ends with one line that names the thing and what to do, and the exit code of its kind, on any
# number of ranks, without a hang: 64 usage, 65 bad data, 74 files, 70 numbers that are none any more.

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

looking() {
    pretrain 1 1 short --steps 4 --evaluate-every 0 --batch 8 --slices 4
    [[ $code -eq 0 ]] || fail "a short run"
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

corpora
settings
mistyped
places
looking
fields_listed
notes
full_output
little_memory

# As a job's limits may have it. A limit that may be raised is.
small_stack() {
    local kilobytes
    ranks=0
    for kilobytes in 64 512; do
        line=(bash -c "ulimit -s $kilobytes; exec \"\$@\"" - "$program" inspect "$work/data")
        run_line
        says "a stack of $kilobytes KB" 64 "limited to $kilobytes KB;ulimit -s"
    done
    line=(bash -c 'ulimit -S -s 64; exec "$@"' - "$program" "${tiny[@]}" --run "$work/small-stack" --steps 2 --threads 2)
    run_line
    if [[ $code -eq 0 && -n $(fingerprint) ]]; then pass "a small stack is raised"; else fail "a small stack is raised"; fi
}

# Normal forms take the square of so many.
stacked_marks() {
    local marks
    printf -v marks '\xcc\x81\xcc\x96%.0s' {1..15000}
    copy_of data
    sed -i "s/held-out-00000/held$marks/" "$work/copy/manifest.json"
    refused "a name of 30,000 combining marks" 65 'manifest.json: more than 256 combining marks' 0 inspect "$work/copy"
    printf 'the cat e%s sat.\nthe cat sat.\n' "$marks" >"$work/marks.txt"
    run 0 prepare --corpus "$work/marks.txt" --vocab "$work/data" --output "$work/marks" --held-out 0
    if [[ $code -eq 0 ]]; then pass "a text with them is read"; else fail "a text with them is read"; fi
}

small_stack
stacked_marks
