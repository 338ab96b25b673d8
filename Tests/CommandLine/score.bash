# shellcheck shell=bash disable=SC2154
# Trained networks measured as they are: scores of texts, and of the better one of two.

feed() {  # feed FILE ARGUMENT...: as run, without mpirun, with a file as its standard input
    local input=$1
    shift
    timeout --kill-after=5 "$seconds_allowed" "$program" "$@" >"$work/out" 2>"$work/err" <"$input"
    code=$?
}

same_on_all_threads() {  # same_on_all_threads LINES FILE ARGUMENT...
    local lines=$1 input=$2 threads
    shift 2
    for threads in 1 2 3; do
        feed "$input" "$@" --threads "$threads"
        [[ $threads -ne 1 ]] || cp "$work/out" "$work/first"
        if [[ $code -ne 0 || $(wc -l <"$work/out") -ne $lines ]] || ! cmp -s "$work/first" "$work/out"; then
            fail "$*: $lines lines, the same with $threads threads"
            return
        fi
    done
    pass "${*//$work\//}: $lines lines, the same with 1, 2 and 3 threads"
}

texts() {
    local basis
    sed -n '1,40p' "$work/corpus.txt" >"$work/texts"
    for basis in discriminator generator both ratio; do
        same_on_all_threads 40 "$work/texts" score --model "$work/model" --by "$basis"
        same "the texts, in their order" "" "$(cut -f 2 "$work/out" | cmp - "$work/texts" 2>&1)"
    done
    same_on_all_threads 40 "$work/texts" score --model "$work/model" --json
    # As detect has it: the sum of -log(1 + exp(logit)).
    feed "$work/texts" detect --model "$work/model" --json
    awk '{
        sum = 0
        while (match($0, /"logit": [-0-9.e]+/)) {
            sum -= log(1 + exp(substr($0, RSTART + 9, RLENGTH - 9)))
            $0 = substr($0, RSTART + RLENGTH)
        }
        printf "%.3f\n", sum + 0
    }' "$work/out" >"$work/wanted"
    feed "$work/texts" score --model "$work/model"
    same "the discriminator's scores follow from detect's logits" 40 \
        "$(cut -f 1 "$work/out" | paste - "$work/wanted" | awk '($1 - $2) ^ 2 < 2e-6' | wc -l)"
    cp "$work/out" "$work/first"
    feed "$work/texts" score --model "$work/model/discriminator"
    same "a folder of one network" "0 same" "$code $(cmp -s "$work/first" "$work/out" && echo same)"
    feed "$work/texts" score --model "$work/model" --by generator
    cp "$work/out" "$work/first"
    feed "$work/texts" score --model "$work/model/generator"
    same "a folder of a generator" "0 same" "$code $(cmp -s "$work/first" "$work/out" && echo same)"
    feed /dev/null score --model "$work/model"
    same "no text, no score" "0 0" "$code $(stat -c %s "$work/out")"
}

# Each sentence of the corpus against the same with its words turned round.
make_pairs() {
    mkdir -p "$work/pairs"
    awk 'NF > 3 && n < 200 {
        n++
        bad = $NF
        for (i = NF - 1; i > 0; i--) bad = bad " " $i
        kind = n % 2 ? "odd" : "even"
        printf "{\"sentence_good\": \"%s\", \"sentence_bad\": \"%s\", \"UID\": \"%s\", \"pairID\": \"%d\"}\n", $0, bad, kind, n
        printf "%s\t%s\n", $0, bad >"'"$work/pairs.tsv"'"
    }' "$work/corpus.txt" >"$work/pairs/turned.jsonl"
    printf 'bad\tgood\nba ce\tBa ce\n' >"$work/pairs/ties.tsv"
}

pairs() {
    local basis first column
    make_pairs
    same_on_all_threads 7 /dev/null score --model "$work/model" --pairs "$work/pairs"
    same "the table" "ties odd even" "$(sed -n '2,4p' "$work/out" | cut -d ' ' -f 1 | xargs)"
    same "a tie is half" "ties 1 0.5000 0.0000" "$(sed -n 2p "$work/out" | xargs)"
    same "how many there are" "all pairs 201 1 tie, counted as half" \
        "$(sed -n '6s/^\(all pairs *[0-9]*\) .*/\1/p; 7p' "$work/out" | xargs)"
    for basis in discriminator generator both ratio; do
        same_on_all_threads 36 /dev/null score --model "$work/model" --pairs "$work/pairs" --by "$basis" --json
    done
    same_on_all_threads 36 /dev/null score --model "$work/model" --pairs "$work/pairs" --where-they-differ --json
    feed /dev/null score --model "$work/model" --pairs "$work/pairs/turned.jsonl" --json
    overall() { sed -n '/"overall"/,$p' "$work/out" | xargs; }
    first=$(overall)
    feed /dev/null score --model "$work/model" --pairs "$work/pairs.tsv" --json
    same "the same pairs as a table without a header" "0 $first" "$code $(overall)"
    # By the scores of all texts, one by one.
    for column in 1 2; do
        cut -f $column "$work/pairs.tsv" >"$work/column"
        feed "$work/column" score --model "$work/model" --json
        sed 's/.*"score": \([^,]*\), "score_per_token.*/\1/' "$work/out" >"$work/scores$column"
    done
    same "accuracy is how often the first text scores higher" \
        "$(paste "$work/scores1" "$work/scores2" | awk '$1 > $2 { won++ } $1 == $2 { won += 0.5 } END { print won / NR }')" \
        "$(sed -n 's/.*accuracy: \([0-9.]*\),.*/\1/p' <<<"$first")"
}

# A command with nothing to save ends by a signal as any program does.
ends_by_a_signal() {
    mkfifo "$work/input"
    "$program" score --model "$work/model" <"$work/input" >"$work/out" 2>"$work/err" &
    local scorer=$! input
    exec {input}>"$work/input"
    echo "ba ce" >&"$input"
    while [[ ! -s $work/out ]] && kill -0 "$scorer" 2>/dev/null; do sleep 0.1; done
    kill -TERM "$scorer"
    for _ in {1..100}; do kill -0 "$scorer" 2>/dev/null && sleep 0.1; done
    # Where it did not end, the end of its input does, in good order.
    exec {input}>&-
    wait "$scorer"
    same "score ends by SIGTERM" 143 $?
    rm "$work/input"
}

refusals() {
    local ranks=0
    refused "one network for two" 64 "holds one network, and --by ratio takes two" 0 \
        score --model "$work/model/generator" --by ratio --text ba
    refused "a generator that is a discriminator" 64 "a generator is needed" 0 \
        score --model "$work/model/discriminator" --by generator --text ba
    refused "a mistyped basis" 64 "'discriminater' is invalid for '--by" 0 score --model "$work/model" --by discriminater
    refused "texts and pairs" 64 "leave one of them out" 0 score --model "$work/model" --text ba --pairs "$work/pairs"
    refused "differences of one text" 64 "give it with --pairs" 0 score --model "$work/model" --text ba --where-they-differ
    refused "pairs that are nowhere" 74 "no such file or folder; check --pairs" 0 score --model "$work/model" --pairs "$work/none"
    refused "pairs in a folder without any" 65 "no .jsonl or .tsv in this folder" 0 score --model "$work/model" --pairs "$work/model"
    printf 'ba ce\tce ba\nba\n' >"$work/broken.tsv"
    refused "a line of one text" 65 "broken.tsv:2: expected 2 columns (TAB separated).*found 1" 0 \
        score --model "$work/model" --pairs "$work/broken.tsv"
}

pretrain 0 2 scored --steps 6
run 0 export --run "$work/scored" --output "$work/model"
same "export" 0 "$code"
texts
pairs
ends_by_a_signal
refusals
