# shellcheck shell=bash disable=SC2154
# Ranks on CPUs of different kinds, with different libraries, and started as different things. One machine stands in for
# several: the libraries take their kind of CPU from the environment.

mixed() {  # mixed "VARIABLE=VALUE..." ARGUMENT...: three ranks, the last with these variables
    local -a settings
    local variable
    settings=()
    for variable in $1; do settings+=(-x "$variable"); done
    shift
    ranks=3
    line=("${launcher[@]}" -n 2 "$program" "$@" : -n 1 "${settings[@]}" "$program" "$@")
    run_line
}

new_run=("${tiny[@]}" --steps 4 --evaluate-every 0)

# Where nobody has more, there is nothing to agree on: the note is of machines that have.
agreed_kernels() {
    local alone
    mixed "ONEDNN_MAX_CPU_ISA=SSE41 OPENBLAS_CORETYPE=Nehalem" "${new_run[@]}" --run "$work/mixed"
    if [[ $code -eq 0 ]] && grep -q 'note: the CPUs of this job differ (older than AVX2 to .*); all ranks compute' "$work/err"; then
        pass "ranks agree on instructions that all have"
    else
        fail "ranks agree on instructions that all have"
    fi
    alone=$(fingerprint)
    # Steps that are measured agree first, and the run once more.
    mixed ONEDNN_MAX_CPU_ISA=SSE41 "${new_run[@]:0:5}" --evaluate-every 0 --minutes 0.01 --run "$work/mixed-measured" \
        --set max_length=64 --set layers=2 --set generator_layers=2
    same "ranks that measure steps agree, too" 0 "$code"
    # Which ranks have which must not show: the others are held to the same.
    ranks=2
    line=("${launcher[@]}" -n 1 -x ONEDNN_MAX_CPU_ISA=SSE41 "$program" "${new_run[@]}" --run "$work/mixed-two"
        : -n 1 -x OPENBLAS_CORETYPE=Nehalem "$program" "${new_run[@]}" --run "$work/mixed-two")
    run_line
    same "other ranks, other libraries: the same bits" "$alone" "$(fingerprint)"
}

# The plain C that stands in for bf16 instructions stands in for another CPU here, which no agreement makes alike.
other_bits() {
    if ! grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo; then
        echo "skipped: kernels that give other bits: this CPU has no bf16 instructions to differ from"
        return
    fi
    mixed ELECTRA_DIST_BF16=emulated "${new_run[@]}" --precision bf16 --run "$work/refused"
    says "kernels that give other bits" 64 "rank 0 on .* and rank 2 on .* compute other bits;electra-dist doctor"
    if [[ -e $work/refused ]]; then fail "kernels that give other bits: leave no folder"; fi
}

goes_on_with_others() {
    pretrain 0 1 others --steps 4 --evaluate-every 0 --save-every 2
    rm -r "$work/others/checkpoints/step-00000004"
    ONEDNN_MAX_CPU_ISA=SSE41 OPENBLAS_CORETYPE=Nehalem run 0 pretrain --data "$work/data" --run "$work/others"
    if [[ $code -eq 0 ]] && grep -q 'computed with other kernels until now (f32 with .*); from step 3 on its bits are' "$work/err"; then
        pass "a run that goes on with other kernels says so"
    else
        fail "a run that goes on with other kernels says so"
    fi
    rm -r "$work/others/checkpoints/step-00000004"
    ONEDNN_MAX_CPU_ISA=SSE41 OPENBLAS_CORETYPE=Nehalem run 0 pretrain --data "$work/data" --run "$work/others"
    if [[ $code -eq 0 ]] && ! grep -q 'other kernels' "$work/err"; then
        pass "and says nothing where they are as before"
    else
        fail "and says nothing where they are as before"
    fi
    same "each start is on record with its kernels" 3 "$(grep -c '"kernelFingerprint":"[0-9a-f]\{16\}","kernels":"f32 with' "$work/others/starts.jsonl")"
}

other_commands() {  # other_commands NAME PATTERNS ARGUMENT...: the second rank's
    local name=$1 patterns=$2
    shift 2
    ranks=2
    line=("${launcher[@]}" -n 1 "$program" "${new_run[@]}" --run "$work/refused" : -n 1 "$program" "$@")
    run_line
    says "$name" 64 "$patterns"
    if [[ -e $work/refused ]]; then fail "$name: leaves no folder"; rm -rf "$work/refused"; fi
}

agreed_kernels
other_bits
goes_on_with_others
other_commands "another seed on one rank" 'rank 0 on .* "--seed 7", rank 1 on .* with "--seed 8";start all ranks with the same command' \
    "${new_run[@]/#7/8}" --run "$work/refused"
other_commands "another command on one rank" 'rank 1 on .* with "evaluate ' evaluate --run "$work/others" --data "$work/data"
other_commands "a command without ranks on one rank" 'rank 1 on .* with "inspect ' inspect "$work/others"
other_commands "a mistake in usage on one rank" 'rank 1 on .* with "--sed 7"' "${new_run[@]/#--seed/--sed}" --run "$work/refused"
