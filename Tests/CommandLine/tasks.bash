# shellcheck shell=bash disable=SC2154
# What encoders are worth on tasks: the table of two models on a small folder shaped as GLUE is, through a stop and when it is
# asked for again, on ranks; and what is refused.

# Two tasks and two folders that are none. Sentences of the corpus's language: acceptable are those that begin with b, and
# a pair is as similar as its first sentence is long.
write_folder() {
    mkdir -p "$work/glue/CoLA" "$work/glue/STS-B" "$work/glue/QQP" "$work/glue/poems"
    grep -v '^$' "$work/corpus.txt" | awk 'NF > 3 && NF < 20' | head -n 96 >"$work/sentences.txt"
    awk -v OFS='\t' '{ print "x", /^b/ ? 1 : 0, "", $0 }' "$work/sentences.txt" >"$work/cola.tsv"
    awk -v OFS='\t' 'BEGIN { print "index", "sentence1", "sentence2", "score" } { print NR, $0, $1, NF / 4 }' \
        "$work/sentences.txt" >"$work/sts.tsv"
    head -n 64 "$work/cola.tsv" >"$work/glue/CoLA/train.tsv"
    tail -n 32 "$work/cola.tsv" | gzip >"$work/glue/CoLA/dev.tsv.gz"
    head -n 65 "$work/sts.tsv" >"$work/glue/STS-B/train.tsv"
    { head -n 1 "$work/sts.tsv"; tail -n 32 "$work/sts.tsv"; } >"$work/glue/STS-B/dev.tsv"
    cp "$work/glue/STS-B/train.tsv" "$work/glue/QQP/train.tsv"
}

# What is evaluated: an export as a whole, and a run.
evaluate() {  # evaluate RANKS THREADS OUTPUT OPTION...
    local count=$1 threads=$2 output=$3
    shift 3
    run "$count" evaluate --tasks "$work/glue" --model "$work/model" --compare "$work/other" --output "$work/$output" \
        --threads "$threads" --seeds 2 --epochs 2 --set batch=8 --set slices=4 "$@"
}

# All of a table but times.
scores() { sed 's/"seconds": [^,]*/"seconds": 0/' "$work/$1/scores.json"; }
trained() { grep -c '^seed [12]  [a-z]* ' "$work/out"; }

whole_table() {
    evaluate 0 1 scores
    same "two tasks, two models, two seeds" "0 8" "$code $(trained)"
    same "what is passed over is named" "glue/QQP: no file dev, with .tsv, .jsonl or the like behind it, packed or not; passed over glue: no task is called poems; passed over" \
        "$(sed -n "s|$work/||g; s/^note: \(.*passed over\)\$/\1/p" "$work/err" | xargs)"
    same "each score with its error and time, and those published" 2 \
        "$(grep -cE '^\| (CoLA  |STS-B )  \| (matthews|spearman) (\| +-?[0-9.]+ ± [0-9.]+ \| 0:[0-9]{2} ){2}(\| +[0-9.]+ ){4}\|$' "$work/out")"
    same "the columns" "task metric model time other time ELECTRA-Small-OWT ELECTRA-Small ELECTRA-Base ELECTRA-Large" \
        "$(grep '^| task' "$work/out" | tr -d '|' | xargs)"
    same "averages, those of Google's models too" "71.8 72.2 79.5 80.8" "$(grep '^| average' "$work/out" | tr -d '|' | xargs | grep -oE '([0-9.]+ ?){4}$')"
    same "the table is in scores.md" "$(grep '^| ' "$work/out")" "$(grep '^| ' "$work/scores/scores.md")"
    same "scores.json has both tasks, all seeds" "2 8" \
        "$(grep -c '"task": ' "$work/scores/scores.json") $(grep -c '"seed": ' "$work/scores/scores.json")"
    same "a model for each task, and the run's encoder" "CoLA STS-B CoLA STS-B encoder" \
        "$(ls "$work/scores/model" | xargs) $(ls "$work/scores/other" | xargs)"
    run 0 finetune --model "$work/model" --task cola --train "$work/glue/CoLA/train.tsv" --dev "$work/glue/CoLA/dev.tsv.gz" \
        --output "$work/single" --seeds 2 --epochs 2 --set batch=8 --set slices=4
    same "as finetune has it" "0 same" "$code $(cmp -s "$work/single/model.safetensors" "$work/scores/model/CoLA/model.safetensors" && echo same)"
    wanted=$(scores scores)
    evaluate 0 1 scores
    same "what is done is not done again" "0 0 same" "$code $(trained) $([[ $(scores scores) == "$wanted" ]] && echo same)"
}

stopped() {
    start 2 evaluate --tasks "$work/glue" --model "$work/model" --compare "$work/other" --output "$work/stopped" \
        --seeds 2 --epochs 2 --set batch=8 --set slices=4
    # While the second model trains: before, its files are read, and a signal ends that with another word.
    wait_for "$work/stopped/other/CoLA/seed-1/metrics.jsonl"
    # shellcheck disable=SC2046
    kill -TERM $(children "$(children "$session")")
    finish
    same "SIGTERM on two ranks: all saved" "75 1" "$code $(grep -c 'all saved; the same command goes on' "$work/err")"
    same "SIGTERM: before the end" "" "$(grep -s 'STS-B' "$work/stopped/scores.json")"
    evaluate 1 2 stopped
    same "and on, elsewhere: the same scores" "0 $wanted" "$code $(scores stopped)"
}

single_tasks() {
    local ranks=0
    evaluate 0 2 single-task --only sts-b --model "$work/other" --seeds 1
    says "a model twice" 64 "other: expected models that differ"
    run 0 evaluate --tasks "$work/glue" --only sts-b --model "$work/model" "$work/other" --output "$work/scores" --seeds 2 \
        --epochs 2 --set batch=8 --set slices=4
    same "one task, and more models than one behind --model" "0 0 1" "$code $(trained) $(grep -c '^| STS-B' "$work/out")"
}

refusals() {
    local tasks=(--tasks "$work/glue" --model "$work/model" --output "$work/refused")
    refused "tasks and a run" 64 "run: .*leave one of them out" "$somewhere" evaluate "${tasks[@]}" --run "$work/base"
    refused "tasks and samples" 64 "samples: .*leave one of them out" 0 evaluate "${tasks[@]}" --samples 3
    refused "a run and a model" 64 "model: is for --tasks" 0 evaluate --run "$work/base" --data "$work/data" --model "$work/model"
    refused "neither tasks nor a run" 64 "run and --data are needed, or --tasks" 0 evaluate --data "$work/data"
    refused "tasks without a model" 64 "needs --model and --output" 0 evaluate --tasks "$work/glue" --output "$work/refused"
    refused "an unknown task" 64 "only colla: expected a task of .*glue, which has CoLA, STS-B, QQP" \
        0 evaluate "${tasks[@]}" --only colla
    refused "a task without dev" 65 "glue/QQP: no file dev, .*; add it" 0 evaluate "${tasks[@]}" --only QQP
    refused "a folder without tasks" 65 "poems: expected folders of tasks, such as CoLA" "$somewhere" \
        evaluate "${tasks[@]}" --tasks "$work/glue/poems"
    refused "no such folder" 74 "nowhere: the folder cannot be read" 0 evaluate "${tasks[@]}" --tasks "$work/nowhere"
    refused "no such model" 74 "nowhere: no such folder" "$somewhere" evaluate "${tasks[@]}" --compare "$work/nowhere"
    refused "the model's own folder" 64 "output .*would go into that folder itself" 0 evaluate "${tasks[@]}" --output "$work"
    refused "no seeds" 64 "seeds 0: expected 1 to 1000" 0 evaluate "${tasks[@]}" --seeds 0
    same "nothing is left" "" "$(find "$work/refused" 2>/dev/null)"
}

write_folder
pretrain 0 1 base --steps 1 --evaluate-every 0
pretrain 0 1 other --steps 1 --evaluate-every 0 --seed 8
run 0 export --run "$work/base" --output "$work/model"
whole_table
stopped
single_tasks
refusals
