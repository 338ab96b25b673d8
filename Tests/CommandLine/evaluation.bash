# shellcheck shell=bash disable=SC2154
# What is measured on held-out text depends on the model and on the text alone, and leaves training alone.

# Accuracies, AUC and replaced fraction are of all steps since the line before, whatever was evaluated in between.
training_is_left_alone() {
    pretrain 1 2 unevaluated --log-every 5 --evaluate-every 0
    pretrain 1 2 evaluated --log-every 5 --evaluate-every 3
    if ! grep -q '"held_out"' "$work/evaluated/metrics.jsonl"; then
        fail "evaluation between two lines of metrics: takes place"
    elif ! difference=$(diff <(metrics unevaluated) <(metrics evaluated | grep '"train"')); then
        fail "evaluation between two lines of metrics: does not change them" "$difference"
    else
        pass "evaluation between two lines of metrics does not change them"
    fi
}

# With a learning rate of 0 the model stays the same, so all that could differ is what is masked and sampled.
any_batch_is_measured_alike() {
    local key found
    pretrain 1 1 batch-8 --steps 1 --batch 8 --slices 2 --learning-rate 0
    pretrain 2 1 batch-12 --steps 1 --batch 12 --slices 3 --learning-rate 0
    for key in masked_lm_accuracy disc_accuracy disc_recall replaced_fraction; do
        found=$(held_out batch-8 $key)
        same "held out, $key for batches of 8 and 12" "${found:-a number}" "$(held_out batch-12 $key)"
    done
}

held_out() { sed -n "/held_out/s/.*\"$2\": \\([^,}]*\\).*/\\1/p" "$work/$1/metrics.jsonl" | tail -n 1; }

other_vocabulary() {
    local ranks=0
    # Two pieces change places: as many as before, and another meaning.
    awk '{ line[NR] = $0 } END { last = line[NR]; line[NR] = line[NR - 1]; line[NR - 1] = last
        for (n = 1; n <= NR; n++) print line[n] }' "$work/data/vocab.txt" >"$work/swapped.txt"
    prepare swapped --corpus "$work/corpus.txt" --vocab "$work/swapped.txt" --max-length 64 --held-out 0.05
    run 0 evaluate --run "$work/batch-8" --data "$work/swapped"
    says "another vocabulary of the same size" 64 "swapped: its vocabulary;prepare the text with --vocab;/batch-8$"
    run 0 evaluate --run "$work/batch-8" --data "$work/data"
    if [[ $code -eq 0 ]]; then pass "its own vocabulary"; else fail "its own vocabulary"; fi
    cp -r "$work/batch-8" "$work/batch-8-damaged"
    sed -i 's/"cased" : false/"cased" : true/' "$work/batch-8-damaged/data.json"
    run 0 evaluate --run "$work/batch-8-damaged" --data "$work/data"
    says "a run that does not know its vocabulary" 65 "batch-8-damaged: its vocab.txt and data.json;the same pretrain command"
}

training_is_left_alone
any_batch_is_measured_alike
other_vocabulary
