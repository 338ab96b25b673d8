# shellcheck shell=bash disable=SC2154
# The benchmark measures something on any number of ranks and threads; how much is not a test's business.

measures() {  # measures RANKS THREADS
    local missing="" word
    run "$1" benchmark --preset tiny --batch 8 --max-length 32 --vocabulary-size 500 --steps 2 --threads "$2"
    for word in "products of the layers" "softmax of attention" "AdamW" "tokens/s" "utilisation" "resident"; do
        grep -q "$word" "$work/out" || missing+="$word; "
    done
    if [[ $code -eq 0 && -z $missing && $(wc -l <"$work/out") -lt 25 ]]; then
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
run 0 benchmark --preset tiny --batch 7 --set slices=3
same "a batch that the slices do not divide" 64 "$code"
