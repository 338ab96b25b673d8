# shellcheck shell=bash disable=SC2154
# The benchmark measures something on any number of ranks and threads; how much is not a test's business.

measures() {  # measures RANKS THREADS
    local missing="" word
    run "$1" benchmark --preset tiny --batch 8 --max-length 32 --vocabulary-size 500 --steps 2 --threads "$2"
    for word in "products of the layers" "softmax of attention" "AdamW" "tokens/s" "utilisation" "resident"; do
        grep -q "$word" "$work/out" || missing+="$word; "
    done
    if [[ $code -eq 0 && -z $missing && $(wc -l <"$work/out") -lt 26 ]]; then
        pass "benchmark on $1 ranks with $2 threads"
    else
        fail "benchmark on $1 ranks with $2 threads" "exit code $code, nothing of: $missing"
    fi
}

measures 0 1
measures 0 2
measures 2 1
run 0 benchmark --preset tiny --batch 8 --max-length 32 --vocabulary-size 500 --steps 2 --json
same "its JSON has the steps and the rate of products" "0 2 2" \
    "$code $(sed -n '/"step_seconds"/,/]/p' "$work/out" | grep -c '^    [0-9]') $(sed -n '/"product_rates"/,/]/p' "$work/out" | grep -c '^    [0-9]')"

ranks=0
# What the doctor measures, a plan is made of.
run 2 doctor --preset tiny --json
cp "$work/out" "$work/node.json"
same "doctor measures steps of training on each rank" "0 2" "$code $(grep -c '"precision" : "f32"' "$work/node.json")"
plan=(plan --preset tiny --batch 64 --slices 16 --cores 4 --network 10gbit --doctor "$work/node.json")
run 0 "${plan[@]}" --nodes 8
if [[ $code -eq 0 ]] && grep -q "^    8 .* idle lanes$" "$work/out" && grep -q "^8 nodes: a step takes .* of exchange" "$work/out" &&
    grep -q "note: 16 of 32 lanes" "$work/out"; then
    pass "a plan for eight nodes"
else
    fail "a plan for eight nodes"
fi
run 0 "${plan[@]}" --nodes 8 --json
same "its JSON has a row for 1, 2, 4 and 8 nodes" "0 4" "$code $(grep -c '"weak_tokens_per_second"' "$work/out")"
run 0 "${plan[@]}" --network token-ring
says "a plan for an unknown network" 64 "--network token-ring: expected 1gbit"
run 0 "${plan[@]}" --vocabulary-size -5
says "a plan for a vocabulary of less than nothing" 64 "--vocabulary-size -5: expected"
echo "no report" >"$work/no-report.json"
run 0 "${plan[@]}" --doctor "$work/no-report.json"
says "a plan from no report" 65 "no-report.json: expected what .electra-dist doctor --json. prints"
run 0 "${plan[@]}" --doctor "$work/none.json"
says "a plan from nothing" 74 "none.json;make it with electra-dist doctor --json"

run 0 benchmark --preset tiny --batch 7 --set slices=3
same "a batch that the slices do not divide" 64 "$code"
