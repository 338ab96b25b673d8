# shellcheck shell=bash disable=SC2154
# Every objective, way of sharing embeddings, optimiser and schedule: the same bits on other ranks and threads and through a kill,
# an export that has what it should, and refusals of what cannot be combined.

same_through_a_kill() {  # same_through_a_kill NAME OPTION...: 1x1, then 2x2 killed after step 3, and gone on with on 3x1
    local name=$1 wanted difference
    shift
    local -a options=(--steps 6 --save-every 3 --evaluate-every 6 --slices 8 "$@")
    pretrain 0 1 "one-$name" "${options[@]}"
    wanted=$(fingerprint)
    if [[ $code -ne 0 || -z $wanted ]]; then
        fail "$name: trains"
        return
    fi
    start 2 "${tiny[@]}" --run "$work/two-$name" --threads 2 "${options[@]}"
    wait_for "$work/two-$name/checkpoints/step-00000003"
    # shellcheck disable=SC2046
    kill -KILL $(processes "$session") 2>/dev/null
    finish
    nothing_left
    pretrain 3 1 "two-$name" "${options[@]}"
    if [[ $code -ne 0 || $(fingerprint) != "$wanted" ]]; then
        fail "$name: the same bits through a kill" "expected $wanted, found $(fingerprint)"
    elif ! difference=$(diff <(metrics "one-$name") <(metrics "two-$name")); then
        fail "$name: the same metrics through a kill" "$difference"
    else
        pass "$name: $wanted, also through a kill on other ranks"
    fi
    rm -rf "${work:?}/two-$name"
}

exports() {  # exports RUN FOLDER...: exactly these networks
    local run=$1
    shift
    run 0 export --run "$work/$run" --output "$work/model-$run"
    same "$run: exports $*" "$*" "$(find "$work/model-$run" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs)"
}

objectives() {
    local name options
    while read -r name options; do
        # No input of the loop is theirs; their options are words.
        # shellcheck disable=SC2086
        same_through_a_kill "$name" $options </dev/null
    done < <(each_objective)
    exports one-mlm encoder
    exports one-replace encoder generator
    exports one-all-tokens encoder generator
    exports one-adversarial discriminator generator
    exports one-disentangled discriminator generator
}

# What stays as it is: the generator of the second stage, and one that is frozen from the start.
frozen() {
    local trained=$work/model-one-adversarial/generator
    same_through_a_kill frozen --set embedding_sharing=separate --set freeze_generator=true --set generator_hidden_size=64 \
        --set generator_layers=2 --from-generator "$trained"
    exports one-frozen discriminator generator
    local before
    run 0 fill-mask --model "$trained" --text "ba ce di [MASK] fo gu" --json
    before=$(cat "$work/out")
    run 0 fill-mask --model "$work/model-one-frozen/generator" --text "ba ce di [MASK] fo gu" --json
    same "a frozen generator comes out as it went in" "$before" "$(cat "$work/out")"
    refused_run "a frozen generator that is none" 64 "name it with --from-generator" 0 --set embedding_sharing=separate \
        --set freeze_generator=true --from-discriminator "$work/model-one-frozen"
    if strings -n 6 "$work/one-frozen/checkpoints/step-00000006/adam_m.safetensors" | grep -q '"generator\.'; then
        fail "a frozen generator has no optimiser state"
    else
        pass "a frozen generator has no optimiser state"
    fi
}

# The main network of every objective is what fine-tuning takes, and masked language models guess.
use_of_encoders() {
    run 0 fill-mask --model "$work/model-one-mlm" --text "ba [MASK] ce"
    if [[ $code -eq 0 ]] && grep -q '%' "$work/out"; then pass "mlm: fill-mask guesses"; else fail "mlm: fill-mask guesses"; fi
    printf 'text\tlabel\nba ce\tyes\ndi fo\tno\nba di\tyes\nfo ce\tno\n' >"$work/labelled.tsv"
    run 0 finetune --model "$work/one-mlm" --task classification --train "$work/labelled.tsv" --dev "$work/labelled.tsv" \
        --output "$work/tuned-mlm" --epochs 1
    if [[ $code -eq 0 ]]; then pass "mlm: its run is fine-tuned"; else fail "mlm: its run is fine-tuned"; fi
    run 0 evaluate --run "$work/one-mlm" --data "$work/data"
    if [[ $code -eq 0 ]] && grep -q masked_lm_accuracy "$work/out" && ! grep -q nan "$work/out"; then
        pass "mlm: is evaluated"
    else
        fail "mlm: is evaluated"
    fi
    run 0 inspect "$work/one-replace"
    if [[ $code -eq 0 ]] && grep -q 'main loss' "$work/out" && ! grep -q nan "$work/out"; then
        pass "replace: inspect has its figures"
    else
        fail "replace: inspect has its figures"
    fi
    if grep -q nan "$work/model-one-mlm/encoder/README.md"; then fail "mlm: its card has figures"; else pass "mlm: its card has figures"; fi
}

# A run whose end is decided later has the bits of one that knew it.
open_end() {
    local -a stable=(--evaluate-every 0 --save-every 4 --set schedule=warmup_stable_decay --batch 16)
    pretrain 0 1 known --steps 12 --set decay_steps=3 "${stable[@]}"
    local wanted
    wanted=$(fingerprint)
    pretrain 0 1 open --steps 8 "${stable[@]}"
    pretrain 2 1 open --steps 12 --set decay_steps=25%
    same "warmup_stable_decay: the end may be decided later" "$wanted" "$(fingerprint)"
    refused "a decay that is past" 64 "start a new run from a checkpoint" 0 "${tiny[@]}" --run "$work/open" --steps 20
}

compute() {
    pretrain 0 1 budget --steps 20 --evaluate-every 0
    rm -rf "$work/budget"
    run 0 pretrain --data "$work/data" --preset tiny --set max_length=64 --run "$work/budget" --flops 3e11 --evaluate-every 0
    local used
    used=$(tail -n 1 "$work/budget/metrics.jsonl" | sed 's/.*"training_flops": \([0-9]*\).*/\1/')
    if [[ $code -eq 0 && $used -gt 280000000000 && $used -lt 320000000000 ]]; then
        pass "--flops: 3e11 asked for, $used computed"
    else
        fail "--flops: 3e11 asked for, $used computed"
    fi
    refused_run "--flops and --steps" 64 "leave one of them out" 0 --flops 1e12
    refused_run "--flops too few" 64 "expected a number of operations" 0 --flops 3
}

# Checkpoints at chosen tokens stay, however many newer ones there are.
marks() {
    pretrain 0 1 marks --steps 12 --evaluate-every 0 --save-every 2 --keep 1 --batch 16 --set save_at_tokens=1e3,2500
    local -a kept
    read -r -a kept <<<"$(checkpoints marks)"
    local wanted
    wanted=$(awk -F'"seen_tokens": ' '{ split($2, n, ","); if (n[1] >= 1000 && !a) a = NR; if (n[1] >= 2500 && !b) b = NR }
        END { printf "step-%08d step-%08d step-00000012", a, b }' "$work/marks/metrics.jsonl")
    same "save_at_tokens" "$wanted" "${kept[*]}"
    refused_run "save_at_tokens that fall" 64 "ascending whole numbers" 0 --set save_at_tokens=2e6,1e6
}

combinations() {
    local -a case
    while IFS='|' read -r name pattern options; do
        read -r -a case <<<"$options"
        refused_run "$name" 64 "$pattern" 0 "${case[@]}"
    done <<'CASES'
80/10/10 with a generator|samples stand in the place of|--set masked_shown=80/10/10
an unknown objective|objective "bert": expected|--set objective=bert
uniform_generator and mlm|uniform_generator|--set objective=mlm --set uniform_generator=true
a frozen generator with shared embeddings|embedding_sharing=separate|--set freeze_generator=true
a frozen generator at random|--from-generator|--set freeze_generator=true --set embedding_sharing=separate
a frozen adversary|freeze_generator|--set freeze_generator=true --set objective=adversarial
two stages that share|embedding_sharing=separate|--set objective=two_stage
two stages of two sizes|one size|--set objective=two_stage --set embedding_sharing=separate
an adversary with a temperature|temperature|--set objective=adversarial --set temperature=2
lamb with nothing to scale|nothing to scale|--set optimizer=lamb --set initializer_range=0
whole words with replacement|leave one of them out|--set whole_word_masks=true --set mask_with_replacement=true
CASES
    tr -d '#' <"$work/data/vocab.txt" | awk '!seen[$0]++' >"$work/no-pieces.txt"
    prepare no-pieces --corpus "$work/corpus.txt" --max-length 64 --held-out 0.05 --vocab "$work/no-pieces.txt"
    refused "whole words without pieces" 64 "begins with ##" 0 pretrain --data "$work/no-pieces" --preset tiny --run \
        "$work/refused" --set max_length=64 --set whole_word_masks=true
}

# A second phase: other text in longer sequences, from the checkpoint of a run, with the moments or without.
second_phase() {
    write_corpus "$work/other.txt" 600
    prepare long --corpus "$work/other.txt" --max-length 128 --held-out 0.05 --vocab "$work/one-adversarial"
    local -a second=(pretrain --data "$work/long" --from-run "$work/one-adversarial" --steps 6 --learning-rate 3e-4)
    local first moments
    run 0 "${second[@]}" --run "$work/second" --save-every 3
    first=$(fingerprint)
    same "a second phase: longer sequences, the objective of the first" '0 128 "adversarial"' \
        "$code $(value second max_length) $(value second objective)"
    run 2 "${second[@]}" --run "$work/second-on-two" --threads 2
    same "a second phase: the same bits on other ranks" "$first" "$(fingerprint)"
    run 0 "${second[@]}" --run "$work/second-moments" --keep-moments
    moments=$(fingerprint)
    if [[ $code -eq 0 && $moments != "$first" ]]; then pass "a second phase: with its moments"; else fail "a second phase: with its moments"; fi
    run 0 "${second[@]}" --run "$work/second"
    same "a second phase: the same command goes on" "0 $first" "$code $(fingerprint)"
    # A rate of zero moves nothing: it starts from the very bits.
    run 0 pretrain --data "$work/data" --from-run "$work/one-adversarial" --run "$work/still" --steps 1 --learning-rate 0
    same "a second phase: starts from the bits of the first" "$(run 0 pretrain --data "$work/data" --run "$work/one-adversarial" && fingerprint)" \
        "$(run 0 pretrain --data "$work/data" --run "$work/still" && fingerprint)"
    refused "--from-run with a preset" 64 "leave one of them out" 0 "${second[@]}" --run "$work/refused" --preset tiny
    refused "--from-run with a folder" 64 "leave one of them out" 0 "${second[@]}" --run "$work/refused" \
        --from-generator "$work/model-one-adversarial"
    refused "--keep-moments alone" 64 "is for --from-run" 0 "${tiny[@]}" --run "$work/refused" --keep-moments
    refused "moments of another objective" 64 "leave --keep-moments out" 0 "${second[@]}" --run "$work/refused" --keep-moments \
        --set objective=electra
    refused "--from-run with another vocabulary" 64 "prepare the text with --vocab" 0 pretrain --data "$work/no-pieces" \
        --from-run "$work/one-adversarial" --run "$work/refused"
    refused "--from-run of nothing" 74 "no such folder" 0 pretrain --data "$work/data" --from-run "$work/nowhere" --run "$work/refused"
}

objectives
frozen
use_of_encoders
open_end
compute
marks
combinations
second_phase
