# shellcheck shell=bash disable=SC2154
# Fine-tuning: the same bits on any number of ranks and threads and through every stop, for each kind of task; and what is
# refused, in one line, with nothing left behind.

# Labelled sentences of the corpus's language: a text's label tells whether the commonest word is in it; a word's tag, whether
# it begins with b or k; a question is a word that stands in its context once, and the answer is the word.
write_tasks() {
    grep -v '^$' "$work/corpus.txt" | awk 'NF > 3 && NF < 40' | head -n 200 >"$work/sentences.txt"
    common=$(tr -d . <"$work/sentences.txt" | tr ' ' '\n' | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }')
    awk -v common="$common" -v OFS='\t' 'BEGIN { print "text", "text_pair", "label" }
        { pair = $0; sub(/^[^ ]+ /, "", pair); print $0, pair, ($0 ~ "(^| )" common "[ .]") ? "yes" : "no" }' \
        "$work/sentences.txt" >"$work/texts.tsv"
    awk -v OFS='\t' 'BEGIN { print "text", "label" } { print $0, NF / 10 }' "$work/sentences.txt" >"$work/values.tsv"
    awk '{ sub(/\.$/, ""); for (i = 1; i <= NF; i++) print $i, $i ~ /^b/ ? "B-X" : $i ~ /^k/ ? "I-Y" : "O"; print "" }' \
        "$work/sentences.txt" >"$work/words.conll"
    awk '{ sub(/\.$/, ""); print $0 }' "$work/sentences.txt" | awk '
        { start = index($0, " "); word = $2; place = start
          print "{\"id\": \"q" NR "\", \"question\": \"" word "\", \"context\": \"" $0 "\", \"answers\": {\"text\": [\"" word "\"], \"answer_start\": [" place "]}}" }' \
        >"$work/questions.jsonl"
}

# What is fine-tuned: an untrained model, exported.
make_model() {
    pretrain 0 1 base --steps 1 --evaluate-every 0
    run 0 export --run "$work/base" --output "$work/model"
    [[ $code -eq 0 ]] || fail "a model to fine-tune"
}

file_of() {
    case $1 in
        classification) echo texts.tsv ;;
        regression) echo values.tsv ;;
        tagging) echo words.conll ;;
        question-answering) echo questions.jsonl ;;
    esac
}

finetune() {  # finetune RANKS THREADS TASK OUTPUT OPTION...
    local count=$1 threads=$2 task=$3 output=$4 file
    shift 4
    file=$work/$(file_of "$task")
    run "$count" finetune --model "$work/model/discriminator" --task "$task" --train "$file" --dev "$file" \
        --output "$work/$output" --threads "$threads" --max-length 48 --epochs 2 --set log_every=1 --set save_every=5 "$@"
}

tuned() { sed -n 's/.*, parameters \([0-9a-f]\{16\}\)$/\1/p' "$work/out" | tail -n 1; }

# All that is written but times.
figures() { sed 's/, "tokens_per_second".*//' "$work/$1/seed-1/metrics.jsonl"; }

one_tuning() {  # one_tuning TASK SPLIT...: each split RANKSxTHREADS
    local task=$1 split first="" wanted="" place
    shift
    for split in "$@"; do
        place=tuned-$task-$split
        finetune "${split%x*}" "${split#*x}" "$task" "$place"
        if [[ $code -ne 0 || -z $(tuned) ]]; then
            fail "$task, $split: ends with a fingerprint"
        elif [[ -z $first ]]; then
            first=$place
            wanted=$(tuned)
            pass "$task, $split: $wanted, $(sed -n 's/^seed 1  \(.*\)  (.*/\1/p' "$work/out")"
        elif [[ $(tuned) != "$wanted" ]]; then
            fail "$task, $split: the same bits" "expected $wanted, found $(tuned)"
        elif ! difference=$(diff <(figures "$first") <(figures "$place")); then
            fail "$task, $split: the same figures" "$difference"
        elif ! cmp -s "$work/$first/model.safetensors" "$work/$place/model.safetensors"; then
            fail "$task, $split: the same model"
        else
            pass "$task, $split: the same, and all of its figures"
        fi
        same "$task, $split: no checkpoint is left" "" "$(find "$work/$place" -name 'step-*')"
        [[ $place == "$first" ]] || rm -rf "${work:?}/$place"
    done
}

from_a_run() {
    finetune 0 1 classification of-export
    local wanted
    wanted=$(tuned)
    run 0 finetune --model "$work/base" --task classification --train "$work/texts.tsv" --dev "$work/texts.tsv" \
        --output "$work/of-run" --max-length 48 --epochs 2 --set log_every=1 --set save_every=5
    same "a run as the model: as its export" "$wanted" "$(tuned)"
}

is_learnt() {  # the label is in the text: fewer wrong than by guessing the commoner one
    local accuracy
    finetune 0 2 classification learnt --batch 8 --epochs 12 --learning-rate 2e-3 --layer-decay 1 --seeds 2
    accuracy=$(sed -n 's/.*"median": \([0-9.]*\),.*/\1/p' "$work/learnt/results.json")
    if awk -v a="${accuracy:-0}" 'BEGIN { exit !(a > 0.9) }'; then
        pass "a word in a text is learnt: accuracy $accuracy"
    else
        fail "a word in a text is learnt" "accuracy $accuracy, exit code $code"
    fi
    same "two seeds are told" 2 "$(grep -c '^seed [12]  accuracy' "$work/out")"
    same "and summed up" 1 "$(grep -c '^accuracy over 2 seeds: median' "$work/out")"
    finetune 0 1 classification learnt --batch 8 --epochs 12 --learning-rate 2e-3 --layer-decay 1 --seeds 2
    same "what is done is not done again" "0 0" "$code $(grep -c '^seed [12]  accuracy' "$work/out")"
    finetune 0 1 classification learnt --batch 8 --epochs 12 --learning-rate 1e-3 --layer-decay 1 --seeds 2
    ranks=0
    says "other settings in its folder" 64 "learning_rate 0.002, not 0.001"
}

stopped() {  # stopped SIGNAL CODE: after the checkpoint of step 5; then goes on, elsewhere
    local signal=$1 wanted=$2 place=stopped-$1
    start 2 finetune --model "$work/model/discriminator" --task classification --train "$work/texts.tsv" \
        --dev "$work/texts.tsv" --output "$work/$place" --max-length 48 --epochs 40 --set log_every=1 --set save_every=5
    wait_for "$work/$place/seed-1/checkpoints/step-00000005"
    # shellcheck disable=SC2046
    if [[ $signal == KILL ]]; then kill -KILL $(processes "$session"); else kill -"$signal" $(children "$(children "$session")"); fi
    finish
    if [[ $wanted -eq 75 ]]; then same "SIG$signal: all saved" "75 1" "$code $(grep -c 'all saved; the same command goes on' "$work/err")"; fi
    same "SIG$signal: before the end" "" "$(grep '"step": 250,' "$work/$place/seed-1/metrics.jsonl")"
    finetune 1 2 classification "$place" --epochs 40
    same "SIG$signal, and on with other ranks: the same bits" "$whole" "$(tuned)"
    if ! difference=$(diff <(figures whole) <(figures "$place")); then
        fail "SIG$signal, and on: the same figures" "$difference"
    fi
}

refused_tuning() {  # refused_tuning NAME CODE PATTERNS TASK TRAIN DEV OPTION...
    local name=$1 wanted=$2 patterns=$3 task=$4 train=$5 dev=$6
    shift 6
    refused "$name" "$wanted" "$patterns" "$somewhere" finetune --model "$work/model/discriminator" --task "$task" \
        --train "$train" --dev "$dev" --output "$work/refused" "$@"
    if [[ -e $work/refused ]]; then
        fail "$name: leaves no folder" "$(find "$work/refused")"
        rm -rf "$work/refused"
    fi
}

refusals() {
    local texts=$work/texts.tsv words=$work/words.conll questions=$work/questions.jsonl
    refused_tuning "a task mistyped" 64 "expected one of;did you mean mrpc" mrp "$texts" "$texts"
    refused_tuning "an unknown column" 65 "texts.tsv;no column \"sentense\"" classification "$texts" "$texts" --text sentense
    printf 'text\tlabel\nba ce\tmaybe\n' >"$work/other.tsv"
    refused_tuning "a label not seen in training" 65 "other.tsv:2;not seen in training;maybe" classification "$texts" "$work/other.tsv"
    printf 'ba O\nce\n' >"$work/short.conll"
    refused_tuning "a word without a tag" 65 "short.conll:2" tagging "$words" "$work/short.conll"
    printf '{"words": ["ba", "ce"], "tags": ["O"]}\n' >"$work/short.jsonl"
    refused_tuning "fewer tags than words" 65 "short.jsonl:1;expected a tag for each word" tagging "$words" "$work/short.jsonl"
    printf '{"question": "ba", "context": "ce di", "answers": {"text": ["fo"], "answer_start": [0]}}\n' >"$work/answers.jsonl"
    refused_tuning "an answer that is not in its context" 65 "answers.jsonl:1" question-answering "$questions" "$work/answers.jsonl"
    : >"$work/empty.tsv"
    refused_tuning "an empty file" 65 "empty.tsv" classification "$work/empty.tsv" "$texts"
    printf 'text\tlabel\nba\xff ce\tyes\n' >"$work/broken.tsv"
    refused_tuning "broken UTF-8" 65 "broken.tsv:2;UTF-8" classification "$texts" "$work/broken.tsv"
    awk 'BEGIN { printf "text\tlabel\n"; for (i = 0; i < 1000000; i++) printf "a\t"; print "" }' >"$work/wide.tsv"
    refused_tuning "a line of a million columns" 65 "wide.tsv:2" classification "$work/wide.tsv" "$texts"
    refused_tuning "words as values" 65 "texts.tsv:2;expected a number as label" regression "$texts" "$texts"
    rm -rf "$work/bare"
    mkdir "$work/bare"
    cp "$work/model/discriminator/config.json" "$work/model/discriminator/model.safetensors" "$work/bare"
    refused_tuning "a model without vocabulary" 65 "bare;vocab.txt" classification "$texts" "$texts" --model "$work/bare"
    refused_tuning "a field mistyped" 64 "unknown field \"epoch\";epochs" classification "$texts" "$texts" --set epoch=3
    refused_tuning "sequences too short for anything" 64 "max-length 1: expected 8 or more" classification "$texts" "$texts" --max-length 1
    finetune 0 1 classification diverged --learning-rate 1e30 --warmup 0 --set clipping_norm=0
    says "a rate that diverges" 70 "not finite;lower --learning-rate"
    mkdir "$work/foreign"
    echo thesis >"$work/foreign/thesis.txt"
    ranks=0
    run 0 finetune --model "$work/model/discriminator" --task classification --train "$texts" --dev "$texts" --output "$work/foreign"
    says "a folder of somebody's" 64 "thesis.txt"
    same "and it is as it was" thesis.txt "$(ls "$work/foreign")"
}

write_tasks
make_model
for task in classification regression tagging question-answering; do one_tuning $task 1x1 0x2 2x2 3x1; done
from_a_run
is_learnt
finetune 2 1 classification whole --epochs 40
whole=$(tuned)
stopped KILL 137
stopped TERM 75
refusals
