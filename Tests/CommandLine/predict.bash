# shellcheck shell=bash disable=SC2154
# What fine-tuned models say of new examples, from files and from standard input, in every format.

predict() {  # predict INPUT MODEL OPTION...: with a file as standard input
    local input=$1 model=$2
    shift 2
    timeout --kill-after=5 "$seconds_allowed" "$program" predict --model "$work/$model" "$@" >"$work/out" 2>"$work/err" <"$input"
    code=$?
}

finetune() {  # finetune RANKS TASK OUTPUT FILE OPTION...: for one epoch, scored on what it is trained on
    local count=$1 task=$2 output=$3 file=$4
    shift 4
    run "$count" finetune --model "$work/model/discriminator" --task "$task" --train "$work/$file" --dev "$work/$file" \
        --output "$work/$output" --epochs 1 --batch 8 --max-length 32 "$@"
    [[ $code -eq 0 ]] || fail "finetune --task $task"
}

# Of each kind of task 60 examples in the corpus' own words.
write_examples() {
    tr -d . <"$work/corpus.txt" | awk 'NF > 2 && NF < 12' | head -n 60 >"$work/texts.txt"
    awk 'BEGIN { print "id\ttext\tlabel" } { print "n" NR "\t" $0 "\t" (NR % 2 ? "odd" : "even") }' "$work/texts.txt" >"$work/labels.tsv"
    awk 'BEGIN { print "text\ttext_pair\tlabel" } { print $0 "\t" $1 "\t" NF / 4 }' "$work/texts.txt" >"$work/values.tsv"
    awk '{ print $0 "\t" $1 }' "$work/texts.txt" >"$work/pairs.txt"
    awk '{ for (i = 1; i <= NF; i++) print $i, (i % 3 ? "O" : "B-X"); print "" }' "$work/texts.txt" >"$work/tags.conll"
    # The answer is the second word; before the first one stand two bytes for a character.
    awk '{
        printf "{\"id\": \"q%d\", \"question\": \"%s ?\", \"context\": \"é %s\", \"answers\": [{\"text\": \"%s\", \"answer_start\": %d}]}\n",
            NR, $1, $0, $2, length($1) + 3
    }' "$work/texts.txt" >"$work/answers.jsonl"
}

# As many lines from a file and from standard input, and the same whatever the threads.
on_threads() {  # on_threads MODEL FILE INPUT LINES OPTION...
    local model=$1 file=$2 input=$3 wanted=$4 threads
    shift 4
    for threads in 1 3; do
        predict /dev/null "$model" --threads "$threads" "$@" "$work/$file"
        cp "$work/out" "$work/of-file$threads"
        same "$model of a file, $threads thread(s), $*" "0 $wanted" "$code $(wc -l <"$work/out")"
        predict "$work/$input" "$model" --threads "$threads" "$@"
        cp "$work/out" "$work/of-input$threads"
        same "$model of standard input, $threads thread(s), $*" "0 $wanted" "$code $(wc -l <"$work/out")"
    done
    cmp -s "$work/of-file1" "$work/of-file3" && cmp -s "$work/of-input1" "$work/of-input3"
    same "$model: the same with 1 and 3 threads" 0 $?
}

labels() {
    local scores
    finetune 0 classification labels labels.tsv --test "$work/labels.tsv"
    scores=$(sed -n 's/^seed 1  \(accuracy .*\)  (.*/\1/p' "$work/out")
    same "finetune --test scores, and keeps the scores" "$scores 1 60" \
        "$(sed -n "s|^$work/labels.tsv  ||p" "$work/out") $(grep -c '"test": {' "$work/labels/results.json") $(wc -l <"$work/labels/predictions.jsonl")"
    predict /dev/null labels --score "$work/labels.tsv"
    same "predict says what finetune --test did" "0 same $scores" \
        "$code $(cmp -s "$work/out" "$work/labels/predictions.jsonl" && echo same) $(sed -n "s|^$work/labels.tsv  ||p" "$work/err")"
    finetune 2 classification labels-of-two labels.tsv --test "$work/labels.tsv"
    same "finetune --test on two ranks" "0 same" \
        "$code $(cmp -s "$work/labels/predictions.jsonl" "$work/labels-of-two/predictions.jsonl" && echo same)"
    on_threads labels labels.tsv texts.txt 60
    predict /dev/null labels --format tsv "$work/labels.tsv" "$work/labels.tsv"
    same "labels with ids, of two files" "0 n1 n60 n1 120" \
        "$code $(cut -f 1 "$work/out" | sed -n '1p;60p;61p' | xargs) $(grep -c '	\(odd\|even\)$' "$work/out")"
    predict "$work/texts.txt" labels --format glue
    same "labels for GLUE" "0 index	prediction 0 59 60" \
        "$code $(head -n 1 "$work/out") $(cut -f 1 "$work/out" | sed -n '2p;61p' | xargs) $(grep -c '	\(odd\|even\)$' "$work/out")"
}

values() {
    finetune 0 regression values values.tsv
    on_threads values values.tsv pairs.txt 61 --format glue
    same "values have three decimals" 60 "$(grep -c '^[0-9]*	-\?[0-9]*\.[0-9][0-9][0-9]$' "$work/out")"
}

tags() {
    finetune 0 tagging tags tags.conll
    on_threads tags tags.conll texts.txt "$(wc -l <"$work/tags.conll")" --format conll
    same "a tag for each word" "$(cut -d ' ' -f 1 "$work/tags.conll" | cksum)" "$(cut -f 1 "$work/out" | cksum)"
    predict "$work/texts.txt" tags
    same "words as they came" "$(cksum <"$work/texts.txt")" \
        "$(sed 's/.*"words": \[\([^]]*\)\].*/\1/; s/[",]//g' "$work/out" | cksum)"
}

# Of lines of a question and its answer, how many have the answer's text where it says.
count_places() {
    local LC_ALL=C.UTF-8 context answer start end count=0
    while IFS='|' read -r context answer start end; do
        [[ -n $answer && ${context:start:end - start} == "$answer" ]] && count=$((count + 1))
    done < <(sed 's/.*"context": "\([^"]*\)".*"answer": "\([^"]*\)", "start": \([0-9]*\), "end": \([0-9]*\),.*/\1|\2|\3|\4/')
    echo "$count"
}

answers() {
    finetune 0 question-answering answers answers.jsonl
    on_threads answers answers.jsonl answers.jsonl 62 --format squad
    same "an answer for each question" "{ \"q1\": \"q60\": }" "$(sed 's/^  \("q[0-9]*":\).*/\1/' "$work/out" | sed -n '1p;2p;61p;62p' | tr '\n' ' ' | sed 's/ $//')"
    predict "$work/answers.jsonl" answers --format squad --null-threshold -1000
    same "no answer where more speaks for none" 60 "$(grep -c '^  "q[0-9]*": ""' "$work/out")"
    predict "$work/answers.jsonl" answers
    same "answers stand at characters" 60 "$(paste "$work/answers.jsonl" "$work/out" | count_places)"
}

# Who writes a line gets its answer before writing the next.
answers_at_once() {
    local answer count=0
    coproc "$program" predict --model "$work/labels" --threads 2 --format tsv
    for text in "ba ce di" "fo gu" "ha"; do
        echo "$text" >&"${COPROC[1]}"
        IFS= read -r -t 20 -u "${COPROC[0]}" answer && [[ $answer == "$((count + 1))	"* ]] && count=$((count + 1))
    done
    same "each line is answered at once" 3 "$count"
    eval "exec ${COPROC[1]}>&-"
    wait "$COPROC_PID" 2>/dev/null
}

memory_is_bounded() {
    local small large
    build_counter
    resident_with() {  # resident_with FILE
        rm -f "$work"/counts.*
        env "LD_PRELOAD=$work/count-allocations.so" "ALLOCATIONS_FILE=$work/counts" "$program" predict --model "$work/labels" \
            --threads 2 <"$1" >/dev/null 2>&1
        counted resident
    }
    for _ in {1..50}; do cat "$work/texts.txt"; done >"$work/many-texts"
    for _ in {1..5}; do cat "$work/many-texts"; done >"$work/more-texts"
    small=$(resident_with "$work/many-texts")
    large=$(resident_with "$work/more-texts")
    if [[ $small -gt 1000 && $large -lt $((small + 20000)) ]]; then
        pass "memory does not grow with the input: $((small / 1000)) MB, and $((large / 1000)) MB for 5 times the text"
    else
        fail "memory does not grow with the input" "$small KiB for $(wc -l <"$work/many-texts") lines, $large KiB for 5 times as many"
    fi
}

# The lines before it are answered.
refused_line() {  # refused_line NAME MODEL ANSWERS PATTERN LINE...
    local name=$1 model=$2 wanted=$3 pattern=$4 ranks=0
    shift 4
    printf '%b\n' "$@" >"$work/lines"
    predict "$work/lines" "$model"
    says "$name" 65 "$pattern"
    same "$name: what came before is answered" "$wanted" "$(wc -l <"$work/out")"
}

refusals() {
    refused "a model without a head" 64 "model/discriminator: a discriminator, which was not fine-tuned;electra-dist finetune" 0 \
        predict --model "$work/model" "$work/labels.tsv"
    refused "a generator" 64 "model/generator: a generator, which was not fine-tuned" 0 predict --model "$work/model/generator"
    refused "a run" 65 "small: no config.json;electra-dist export" 0 predict --model "$work/small"
    refused "no model" 74 "nowhere: no such folder" 0 predict --model "$work/nowhere"
    copy_of labels
    rm "$work/copy/vocab.txt" "$work/copy/tokenizer.json"
    refused "a model without a vocabulary" 65 "copy: neither vocab.txt nor tokenizer.json;save_pretrained" 0 \
        predict --model "$work/copy" "$work/labels.tsv"
    copy_of labels
    sed -i 's/single_label/multi_label/' "$work/copy/config.json"
    refused "a model of several labels a text" 65 "copy/config.json: expected one label or one number a text;multi_label" 0 \
        predict --model "$work/copy"
    refused "a format of another task" 64 "format squad: .*labels is a model for classification;jsonl, tsv, glue" 0 \
        predict --model "$work/labels" --format squad
    refused "an unknown format" 64 "'xml' is invalid for '--format <format>'" 0 predict --model "$work/labels" --format xml
    refused "another task" 64 "task squad: a task of question-answering;labels is a model for classification" 0 \
        predict --model "$work/labels" --task squad
    refused "a threshold for labels" 64 "null-threshold: .*labels is a model for classification" 0 \
        predict --model "$work/labels" --null-threshold 1
    refused "no label to compare with" 65 "texts.tsv: no column \"label\"" 0 \
        predict --model "$work/labels" --score "$work/texts.tsv"
    refused "no file to compare with" 64 "score: a file with labels is needed" 0 predict --model "$work/labels" --score
    refused "a file that is missing" 74 "nowhere.tsv" 0 predict --model "$work/labels" "$work/nowhere.tsv"
    refused "a file without a text" 65 "values.tsv: no column \"words\"" 0 \
        predict --model "$work/labels" --text words "$work/values.tsv"
    refused "predict in several processes" 64 "one process;without mpirun" 2 predict --model "$work/labels" "$work/labels.tsv"
    refused_line "three columns" labels 1 "standard input:2: more than one tab;a text, or two with a tab" "ba ce" 'a\tb\tc'
    refused_line "not UTF-8" labels 2 "standard input:3: not UTF-8;iconv" "ba ce" "" '\xff'
    refused_line "no JSON" answers 0 "standard input:2: malformed JSON" "" "ba ce"
    refused "a test file that is missing" 74 "nowhere.tsv" 0 finetune --model "$work/model/discriminator" \
        --task classification --train "$work/labels.tsv" --dev "$work/labels.tsv" --test "$work/nowhere.tsv" --output "$work/never"
    [[ ! -e $work/never ]] || fail "finetune whose test file is missing leaves no folder"
}

pretrain 0 1 small --steps 2 --evaluate-every 0
run 0 export --run "$work/small" --output "$work/model"
write_examples
cut -f 1,2 "$work/labels.tsv" >"$work/texts.tsv"
labels
values
tags
answers
answers_at_once
memory_is_bounded
refusals
