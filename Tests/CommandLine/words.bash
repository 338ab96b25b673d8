# shellcheck shell=bash disable=SC2154
# What the program says of lengths, figures and other data, where a person would ask; and that it is so.

noted() {  # noted NAME PATTERN: a note on standard error, of a command that does its work; without a pattern no note
    local found
    found=$(sed -n "s|$work/||g; s/^note: //p" "$work/err")
    if [[ $code -ne 0 ]]; then
        fail "$1"
    elif [[ -n $2 ]] && ! grep -q -- "$2" <<<"$found" || [[ -z $2 && -n $found ]]; then
        fail "$1" "expected ${2:-no note}
found    $found"
    else
        pass "$1: ${found:-no note}"
    fi
}

printed() {  # printed NAME PATTERN...: all on standard output, whose lines are joined
    local name=$1 pattern text
    shift
    text=$(tr '\n' ' ' <"$work/out" | tr -s ' ')
    for pattern in "$@"; do
        if [[ $code -ne 0 ]] || ! grep -q -- "$pattern" <<<"$text"; then
            fail "$name: nothing of '$pattern'" "exit code $code
$text"
            return
        fi
    done
    pass "$name"
}


few=(--steps 20 --evaluate-every 0 --batch 8 --slices 4)

warmups() {
    local word wanted ranks=0
    for word in 4 20% 5% 0.1% 0%; do
        pretrain 0 1 "warm-$word" "${few[@]}" --warmup "$word"
        case $word in 4 | 20%) wanted=4 ;; 0%) wanted=0 ;; *) wanted=1 ;; esac
        same "--warmup $word of 20 steps" "0 $wanted" "$code $(value "warm-$word" warmup)"
    done
    same "20 % of 20 steps and 4 steps are the same run" "$(cat "$work/warm-4/run.json")" "$(cat "$work/warm-20%/run.json")"
    pretrain 0 1 warm-20% "${few[@]}" --warmup 20%
    same "a share again, in a run that was started" 0 "$code"
    echo '{"warmup": "10%"}' >"$work/warm.json"
    run 0 pretrain --list-fields --steps 400 --config "$work/warm.json"
    same "a share in a file" "0 warmup = 40" "$code $(grep '^warmup' "$work/out")"
    run 0 pretrain --list-fields --set warmup=25% --steps 400
    same "a share in --set" "0 warmup = 100" "$code $(grep '^warmup' "$work/out")"
    for word in 200% -1% many 0.5; do
        run 0 "${tiny[@]}" --run "$work/refused" --warmup="$word"
        says "--warmup $word" 64 "field warmup: expected a whole number of steps, or a share of them from 0% to 100%"
    done
    pretrain 0 1 warm-long "${few[@]}" --warmup 25
    noted "a warm-up longer than the run" \
        "^a warm-up of 25 steps in a run of 20: the learning rate gets to 0.0002 at most, not to 0.001; start with --warmup 5%"
    pretrain 0 1 warm-long "${few[@]}" --warmup 25
    noted "it is too late to say so when a run goes on" ""
    pretrain 2 1 warm-half "${few[@]}" --warmup 60%
    noted "a warm-up of most of the run" "^a warm-up of 12 steps in a run of 20: the learning rate gets to 0.00042 at most"
}

finished() {
    local ranks=0
    pretrain 2 1 done "${few[@]}"
    result=$(fingerprint)
    pretrain 2 1 done "${few[@]}"
    printed "a finished run says that it is" "done is finished: 20 of 20 steps" "--from-run .*done" "$result"
    same "a finished run has one fingerprint" "$result" "$(fingerprint)"
    run 0 "${tiny[@]}" --run "$work/done" "${few[@]}" --steps 30
    says "a finished run with more steps" 64 \
        "started with steps 20, not 30;--run NEW --from-run .*done --steps 10"
    # The way that it names.
    run 0 export --run "$work/done" --output "$work/done-model"
    run 0 pretrain --data "$work/data" --run "$work/done-more" --from-run "$work/done" --steps 10
    same "the way to more steps" "0 10 8 4" "$code $(value done-more steps) $(value done-more batch) $(value done-more warmup)"
    run 0 "${tiny[@]}" --run "$work/done" "${few[@]}" --steps 10
    says "a finished run with fewer steps" 64 "started with steps 20, not 10;leave --steps out"
}

evaluated() {
    local card="$work/card/discriminator/README.md" before ranks=0
    run 0 export --run "$work/done" --output "$work/card"
    same "a model card of a run that was not evaluated" "0 1" "$code $(grep -c 'It was not evaluated' "$card")"
    before=$(cksum <"$work/done/metrics.jsonl")
    run 2 evaluate --run "$work/done" --data "$work/data"
    printed "evaluate says what the figures mean" "held-out sequences of $work/data" "the discriminator .* The generator " \
        "blind guesses would find [0-9]*, give or take [0-9]*: "
    same "evaluate leaves metrics.jsonl alone, and keeps what it found" "$before 1" \
        "$(cksum <"$work/done/metrics.jsonl") $(wc -l <"$work/done/evaluations.jsonl")"
    run 0 export --run "$work/done" --output "$work/card"
    same "a model card after evaluate" "0 0 1 1" \
        "$code $(grep -c 'It was not evaluated' "$card") $(grep -c '^Held-out text:$' "$card") $(grep -c "^| MLM loss | $(evaluation done mlm_loss)" "$card")"
    run 0 inspect "$work/done"
    printed "inspect says what the figures mean, and on which data" "data $work/data: corpus.txt; 1500 documents" "held out step 20: MLM" \
        "the discriminator .* The generator "
    pretrain 0 1 done "${few[@]}"
    same "the run goes on as before" "0 $result" "$code $(fingerprint)"

    mv "$work/done/evaluations.jsonl" "$work/evaluations.jsonl"
    # A folder cannot be written as a file, by nobody: a disk without permission, for whoever may do everything.
    mkdir "$work/done/evaluations.jsonl"
    run 0 evaluate --run "$work/done" --data "$work/data"
    noted "evaluate of a run that cannot be written" "done/evaluations.jsonl: a folder is in the way of what is to be written there; move it elsewhere, so export and inspect will not know"
    rmdir "$work/done/evaluations.jsonl"
    cp -r "$work/done/checkpoints/step-00000020" "$work/loose"
    run 0 evaluate --run "$work/loose" --data "$work/data"
    noted "evaluate of a checkpoint without a run" ""
}

evaluation() { sed -n "\$s/.*\"$2\": \\([0-9]*\\.[0-9]\\{3\\}\\).*/\\1/p" "$work/$1/evaluations.jsonl"; }

# Of which some show, as they come: not sorted by what was found.
drawn() {
    local shown
    run 0 evaluate --run "$work/done" --data "$work/data" --samples 1000
    grep -E '^  (found|missed) ' "$work/out" >"$work/all-samples"
    run 0 evaluate --run "$work/done" --data "$work/data" --samples 5
    shown=$(grep -cE '^  (found|missed) ' "$work/out")
    same "five sentences are shown, drawn from all" "0 5 5" \
        "$code $shown $(grep -E '^  (found|missed) ' "$work/out" | grep -cxFf "$work/all-samples")"
    run 0 evaluate --run "$work/done" --data "$work/data" --samples 0
    same "none are shown" "0 0" "$code $(grep -cE '^  (found|missed) |blind guesses' "$work/out")"
}

other_data() {
    local ranks=0
    head -c 60000 "$work/corpus.txt" >"$work/half.txt"
    prepare half --corpus "$work/half.txt" --vocab "$work/data/vocab.txt" --max-length 64 --held-out 0.05
    run 0 "${tiny[@]}" --run "$work/done" "${few[@]}" --data "$work/half"
    says "a run with other data" 64 \
        "trained on the data of $work/data (corpus.txt; 1500 documents, [0-9]* tokens to train on);--data names $work/half (half.txt; "
    run 0 evaluate --run "$work/done" --data "$work/half"
    printed "evaluate with other data" "held-out sequences\\? of $work/half" "It was trained on other data: $work/data (corpus.txt; 1500 documents"
    cp -r "$work/data" "$work/moved"
    run 0 "${tiny[@]}" --run "$work/done" "${few[@]}" --data "$work/moved"
    same "the same data elsewhere" 0 "$code"
    prepare moved --corpus "$work/half.txt" --vocab "$work/data/vocab.txt" --max-length 48
    run 0 "${tiny[@]}" --run "$work/done" "${few[@]}" --data "$work/moved"
    says "data that were prepared anew" 64 \
        "trained on what $work/moved held before (corpus.txt;prepared anew since;half.txt; .*in sequences of up to 48 tokens, not 64"
}

detects() {
    run 0 detect --model "$work/done-model" --text "ba ce di fo gu ha ki la me no" --text "pu ra"
    noted "a text in which nothing is marked" "^no token looks replaced with a probability of 0.5 or more (--threshold); they are between 0"
    run 0 detect --model "$work/done-model" --text "ba ce di fo" --threshold 0
    noted "a text in which everything is marked" ""
    run 0 detect --model "$work/done-model" --text "ba ce di fo" --json
    noted "a text as JSON" ""
    run 0 embed --help
    printed "embed --help says of which tokens a mean is" "mean over all its tokens, \\[CLS\\] and \\[SEP\\] among them"
}

# Of a time so short that any machine is done soon.
minutes() {
    local steps warmup ranks=0
    run 2 "${tiny[@]:0:5}" --run "$work/timed" --minutes 0.02 --seed 7 --set max_length=64 --batch 8 --slices 4
    steps=$(value timed steps)
    warmup=$(value timed warmup)
    result=$(fingerprint)
    if [[ $code -eq 0 && $steps -gt 1 && $warmup -gt 0 && $warmup -lt $steps && -n $result ]] \
        && grep -q "^--minutes 0.02: a step takes .*, so the run has $steps steps, $warmup of them warm-up" "$work/out"; then
        pass "--minutes 0.02: a warm-up and more steps"
    else
        fail "--minutes 0.02: a warm-up and more steps"
    fi
    run 0 "${tiny[@]:0:5}" --run "$work/typed" --steps "$steps" --warmup "$warmup" --seed 7 --set max_length=64 --batch 8 --slices 4
    same "steps that were measured, typed" "0 $result" "$code $(fingerprint)"
    run 0 "${tiny[@]:0:5}" --run "$work/timed" --minutes 7 --seed 7
    noted "--minutes in a run that was started" "^timed: this run has $steps steps since it was started; --minutes is for new ones"
    same "--minutes in a run that was started: it is as it was" "$result" "$(fingerprint)"
    run 0 "${tiny[@]:0:5}" --run "$work/refused" --minutes 1 --steps 4
    says "--minutes and --steps" 64 "minutes 1.0: finds out the steps, and --steps 4 was given, too"
    run 0 "${tiny[@]:0:5}" --run "$work/refused" --minutes 1 --set steps=4
    says "--minutes and --set steps" 64 "minutes 1.0: finds out the steps"
    run 0 "${tiny[@]:0:5}" --run "$work/refused" --minutes 0
    says "no minutes" 64 "minutes 0.0: expected more than 0"
    run 0 "${tiny[@]:0:5}" --run "$work/refused" --minutes soon
    says "minutes that are no number" 64 "'soon' is invalid for '--minutes <minutes>': expected a number"
    run 0 pretrain --list-fields --minutes 3
    says "minutes to list" 64 "minutes 3.0: what comes of it is measured by a run"
    [[ ! -e $work/refused ]] || fail "minutes that are refused leave no folder"
}

warmups
finished
evaluated
drawn
other_data
detects
minutes
