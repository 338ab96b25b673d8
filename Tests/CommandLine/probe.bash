# shellcheck shell=bash disable=SC2154
# What a frozen encoder knows of labelled texts and words.

# Whether a sentence has an even number of words, what share of them ends in a, and which words do.
make_examples() {
    awk -v folder="$work" 'NF > 2 {
        part = ++n <= 300 ? "train" : "dev"
        if (n > 400) exit
        ending = 0
        words = tags = ""
        for (i = 1; i <= NF; i++) {
            word = $i
            sub(/\.$/, "", word)
            isEnding = word ~ /a$/
            ending += isEnding
            words = words (i > 1 ? ", " : "") "\"" word "\""
            tags = tags (i > 1 ? ", " : "") (isEnding ? "\"B-A\"" : "\"O\"")
        }
        printf "%s\t%s\t%s\n", $0, NF % 2 ? "odd" : "even", ending / NF >(folder "/" part ".tsv")
        printf "{\"words\": [%s], \"tags\": [%s]}\n", words, tags >(folder "/" part ".jsonl")
    }' "$work/corpus.txt"
}

probe() {  # probe RANKS MODEL... -- OPTION...
    local ranks=$1 models=()
    shift
    while [[ $1 != -- ]]; do
        models+=(--model "$work/$1")
        shift
    done
    shift
    run "$ranks" probe "${models[@]}" "$@"
}

same_however_computed() {  # same_however_computed HEADER OPTION...
    local header=$1 first="" ranks threads
    shift
    for ranks in 0 2; do
        for threads in 1 3; do
            probe "$ranks" model model/generator -- "$@" --threads "$threads"
            [[ -n $first ]] || first=$(cat "$work/out")
            if [[ $code -ne 0 || $(cat "$work/out") != "$first" ]]; then
                fail "probe ${*//$work\//}: the same on $ranks ranks with $threads threads"
                return
            fi
        done
    done
    same "probe ${*//$work\//}: the same on 1 and 2 ranks, with 1 and 3 threads" "4 $header" \
        "$(wc -l <"$work/out") $(sed -n 2p "$work/out" | xargs)"
}

texts=(--train "$work/train.tsv" --dev "$work/dev.tsv" --text 1)
words=(--train "$work/train.jsonl" --dev "$work/dev.jsonl")

probes() {
    same_however_computed "model accuracy f1 matthews" --task classification "${texts[@]}" --label 2
    same "two models" "model model/generator" "$(sed -n "3,4s|^$work/\([^ ]*\) .*|\1|p" "$work/out" | xargs)"
    same_however_computed "model pearson spearman mse" --task regression "${texts[@]}" --label 3 --vectors cls
    same_however_computed "model f1 precision recall accuracy" --task tagging "${words[@]}"
    # The last letter stands in the word's own tokens.
    if sed -n 3p "$work/out" | awk '$NF < 0.8 { exit 1 }'; then
        pass "words ending in a are told from others: $(sed -n '3s/.* //p' "$work/out") right"
    else
        fail "words ending in a are told from others"
    fi
}

refusals() {
    local ranks=0
    refused "answers" 64 "--task squad2: an answer is no label" "0 2" \
        probe --model "$work/model" --task squad2 --train x --dev x
    refused "no penalty" 64 "--l2 0.0: expected more than 0" 0 \
        probe --model "$work/model" --task classification "${texts[@]}" --l2 0
    refused "a label that is none" 65 "expected a number as label, found \"\\(odd\\|even\\)\"" "0 2" \
        probe --model "$work/model" --task regression "${texts[@]}" --label 2
    refused "a model that is none" 65 "no config.json" 0 \
        probe --model "$work/data" --task classification "${texts[@]}" --label 2
}

make_examples
pretrain 0 2 probed --steps 6
run 0 export --run "$work/probed" --output "$work/model"
same "export" 0 "$code"
probes
refusals
