# shellcheck shell=bash disable=SC2154
# A step in the steady state asks for no memory: a hundred steps more make not one call more. (The numbers of the one line
# of metrics are now longer, now shorter: some calls are allowed, but far from one a step. Lines of progress, which come
# with time, are left out: count-allocations.c.) Nothing is said here of MPI's own calls, nor of oneDNN's, which asks for
# 16 KB in a product and gives them back.

steady_steps() {  # steady_steps RANKS THREADS KEY
    local ranks=$1 threads=$2 key=$3 steps few many
    local name="$ranks ranks x $threads threads"
    for steps in 12 112; do
        rm -rf "$work/steady"
        run_counted "$ranks" "${tiny[@]}" --run "$work/steady" --threads "$threads" --steps $steps --batch 8 --slices 8 \
            --set layers=1 --set generator_layers=1 --set hidden_size=64 --log-every 1000 --save-every 1000 --evaluate-every 0
        if [[ $code -ne 0 || -z $(fingerprint) ]]; then
            fail "$name, $steps steps, counted"
            return
        fi
        few=${many:-}
        many=$(counted "$key")
    done
    if [[ $few -gt 1000 && $((many - few)) -lt 50 && $((few - many)) -lt 50 ]]; then
        pass "$name: a hundred steps more allocate nothing ($few and $many calls in the whole run)"
    else
        fail "$name: a hundred steps more allocate nothing" "12 steps: $few calls; 112 steps: $many calls
ALLOCATIONS_SHOWN, in count-allocations.c, shows where they come from"
    fi
}

if build_counter; then
    steady_steps 0 1 all
    steady_steps 0 2 all
    steady_steps 2 1 own
    steady_steps 3 2 own
else
    fail "count-allocations.c compiles" "see above"
fi
