# shellcheck shell=bash disable=SC2154
# One run file, one result: for every number of ranks and threads, to the last bit of every parameter and of every
# number that is logged. And the loss is that of the batch, however unequally the batch is dealt out.

unequal_lengths() {
    run 0 inspect "$work/data" --samples 0
    local rate
    rate=$(sed -n '1,/fill rate/s/.*fill rate \([0-9]*\).*/\1/p' "$work/out" | head -n 1)
    if grep -q 'lengths [3-9] to 64 of 64' "$work/out" && [[ ${rate:-100} -lt 70 ]]; then
        pass "sequences are of very unequal lengths (the batches are $rate % full)"
    else
        fail "sequences are of very unequal lengths"
    fi
}

one_result() {  # one_result NAME OPTIONS SPLIT...: each split RANKSxTHREADS; the first is what the others must equal
    local name=$1 split first="" wanted="" place
    local -a options
    read -r -a options <<<"$2"
    shift 2
    for split in "$@"; do
        place=bits-$name-$split
        pretrain "${split%x*}" "${split#*x}" "$place" "${options[@]}"
        if [[ $code -ne 0 || -z $(fingerprint) ]]; then
            fail "$name, $split: ends with a fingerprint"
        elif [[ -z $first ]]; then
            first=$place
            wanted=$(fingerprint)
            pass "$name, $split: $wanted"
        elif [[ $(fingerprint) != "$wanted" ]]; then
            fail "$name, $split: the same bits" "expected $wanted, found $(fingerprint)"
        elif ! difference=$(diff <(metrics "$first") <(metrics "$place")); then
            fail "$name, $split: the same metrics" "$difference"
        else
            pass "$name, $split: the same, and all of its metrics"
        fi
        [[ $place == "$first" ]] || rm -rf "${work:?}/$place"
    done
    result=$wanted
}

another_seed() {
    pretrain 2 1 bits-seed --seed 8
    if [[ $code -eq 0 && -n $(fingerprint) && $(fingerprint) != "$result" ]]; then
        pass "another seed gives another result"
    else
        fail "another seed gives another result"
    fi
}

# Eight sequences of 5 to 64 tokens: a mean of means, over ranks or slices, would be off by far more than rounding.
exact_loss() {
    local key count whole parts
    local -a options=(--batch 8 --steps 1 --evaluate-every 0)
    pretrain 0 1 loss-whole "${options[@]}" --slices 1
    for count in 1 2 3 4; do
        pretrain $count 1 "loss-$count" "${options[@]}" --slices 8
        if [[ $code -ne 0 ]]; then
            fail "the loss on $count ranks"
        elif ! difference=$(diff <(metrics loss-1) <(metrics "loss-$count")); then
            fail "the loss on $count ranks is that on one" "$difference"
        else
            pass "the loss on $count ranks: $(field "loss-$count" total_loss)"
        fi
    done
    for key in total_loss mlm_loss disc_loss gradient_norm; do
        whole=$(field loss-whole $key)
        parts=$(field loss-4 $key)
        if awk -v a="$whole" -v b="$parts" 'BEGIN { d = a - b; exit !(a > 0 && d * d <= 4e-12 * a * a) }'; then
            pass "$key of one slice $whole, of eight $parts"
        else
            fail "$key of one slice and of eight are the same" "one $whole, eight $parts"
        fi
    done
}

# bf16 by the CPU's own instructions where it has them, and emulated on every CPU: each with one result of its own.
half_precision() {
    local f32=$1 way
    local -a ways=(emulated)
    if grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo; then
        ways+=(native)
    else
        pretrain 2 1 bits-fallback --precision bf16
        same "without bf16 instructions: f32" "$f32" "$(fingerprint)"
        same "without bf16 instructions: a note" 1 "$(grep -c 'ranks has no bf16 instructions.*going on in f32' "$work/err")"
    fi
    for way in "${ways[@]}"; do
        export ELECTRA_DIST_BF16=$way
        one_result "bf16-$way" "--precision bf16" 1x1 1x2 2x2 3x1
        unset ELECTRA_DIST_BF16
        if [[ $result == "$f32" ]]; then fail "bf16, $way: is not f32"; else pass "bf16, $way: is not f32"; fi
    done
}

unequal_lengths
one_result eight-slices "" 1x1 0x1 1x2 2x1 2x2 3x1 4x1 8x1
another_seed
half_precision "$result"
# Rows of the word table that few slices look up are rounded, too, whether they travel or not.
one_result bf16-on-the-wire "--set gradient_wire=bf16" 1x1 1x2 2x2 3x1 8x1
# Slices that are no power of two, ranges of slices that are no subtree, lanes that get no slice.
one_result six-slices "--batch 24 --slices 6 --steps 5 --evaluate-every 5" 1x1 2x2 4x1 5x1 3x3
exact_loss
