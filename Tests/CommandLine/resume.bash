# shellcheck shell=bash disable=SC2154
# Stops of every kind, and going on with other ranks and threads: the result is that of a run that was never stopped.

resume_options=(--save-every 10)

never_stopped() {
    pretrain 2 1 whole "${resume_options[@]}"
    result=$(fingerprint)
    if [[ $code -eq 0 && -n $result ]]; then pass "never stopped: $result"; else fail "never stopped"; fi
    metrics whole >"$work/whole.metrics"
}

goes_on() {  # goes_on NAME RUN RANKS THREADS: to the end, with the result of the run that was never stopped
    local name=$1 place=$2 difference
    pretrain "$3" "$4" "$place" "${resume_options[@]}"
    if [[ $code -ne 0 ]]; then
        fail "$name: goes on"
    elif [[ $(fingerprint) != "$result" ]]; then
        fail "$name: the same bits" "expected $result, found $(fingerprint)"
    elif ! grep -q "resumed after step [1-9]" "$work/out"; then
        fail "$name: says where it went on"
    elif [[ $(logged_steps "$place") != "$(seq -s ' ' 20)" ]]; then
        fail "$name: every step is logged once" "$(logged_steps "$place")"
    elif ! difference=$(diff "$work/whole.metrics" <(metrics "$place")); then
        fail "$name: the metrics are those of a run that was never stopped" "$difference"
    else
        pass "$name: the same bits and metrics with $3 ranks x $4 threads"
    fi
}

is_stopped_between() {  # is_stopped_between NAME RUN: after the checkpoint of step 10, before that of step 20
    local last
    last=$(logged_steps "$2" | awk '{ print $NF }')
    if [[ $(checkpoints "$2") == step-00000010* && ! -e $work/$2/checkpoints/step-00000020 && $last -lt 20 ]]; then
        pass "$1: stopped at step $last"
    else
        fail "$1: is stopped between step 10 and step 20" "$(checkpoints "$2"), last step $last"
    fi
}

begin() {  # begin RANKS THREADS RUN: in the background, until the checkpoint of step 10 is there
    start "$1" "${tiny[@]}" --run "$work/$3" --threads "$2" "${resume_options[@]}"
    wait_for "$work/$3/checkpoints/step-00000010"
}

# What is started, in a session of its own: `timeout`, of it mpirun or the program, of mpirun the ranks.
everything() { processes "$session"; }
launcher() { children "$session"; }
every_rank() { children "$(children "$session")"; }
one_rank() { every_rank | head -n 1; }

# A signal that comes after the last step, on a machine that is busy, says nothing: once more.
begin_and_signal() {  # begin_and_signal SIGNAL WHOM RANKS THREADS RUN
    for _ in 1 2 3 4 5; do
        rm -rf "${work:?}/$5"
        begin "$3" "$4" "$5"
        # shellcheck disable=SC2046
        kill -"$1" $("$2")
        finish
        if [[ $code -ne 0 && ! -e $work/$5/checkpoints/step-00000020 ]]; then return; fi
    done
}

killed() {  # killed RANKS THREADS RANKS THREADS: all processes at once
    local name="kill -9 of $1 ranks x $2 threads" place=killed-$1-$2
    begin_and_signal KILL everything "$1" "$2" "$place"
    same "$name: its first line was out at once" 1 "$(grep -c "M parameters; " "$work/out")"
    is_stopped_between "$name" "$place"
    nothing_left || fail "$name: nothing is left running" "$(everything)"
    goes_on "$name" "$place" "$3" "$4"
}

expect_saved() {  # expect_saved NAME
    if [[ $code -eq 75 ]] && [[ $(own_errors) == "electra-dist: stopped by a signal after step 1"[0-9]" of 20, all saved; the same command goes on"* ]]; then
        pass "$1: exit code 75, all saved"
    else
        fail "$1: exit code 75, all saved"
    fi
}

signalled() {  # signalled SIGNAL RANKS THREADS RANKS THREADS: the launcher, or the program where there is none
    local name="SIG$1 to $2 ranks" place=signalled-$1-$2
    begin_and_signal "$1" launcher "$2" "$3" "$place"
    expect_saved "$name"
    is_stopped_between "$name" "$place"
    goes_on "$name" "$place" "$4" "$5"
}

# What Slurm does: every rank gets the signal.
signalled_ranks() {  # signalled_ranks RANKS THREADS RANKS THREADS
    local name="SIGTERM to each of $1 ranks" place=signalled-ranks
    begin_and_signal TERM every_rank "$1" "$2" $place
    expect_saved "$name"
    is_stopped_between "$name" $place
    goes_on "$name" $place "$3" "$4"
}

# mpirun passes SIGTERM on and leaves with a code of its own, after a time that may be too short to save a large model: then
# the run goes on from the checkpoint before.
terminated_launcher() {  # terminated_launcher RANKS THREADS RANKS THREADS
    local name="SIGTERM to mpirun of $1 ranks" place=terminated
    begin_and_signal TERM launcher "$1" "$2" $place
    if [[ $code -ne 0 && $code -ne 124 ]] && nothing_left; then pass "$name: ends"; else fail "$name: ends"; fi
    goes_on "$name" $place "$3" "$4"
}

# As soon as the program can hear: before MPI, before data are opened, before a step.
at_once() {  # at_once SIGNAL NUMBER RUN
    local process caught
    start 0 "${tiny[@]}" --run "$work/$3" --threads 1 "${resume_options[@]}"
    while kill -0 "$session" 2>/dev/null; do
        process=$(children "$session" | head -n 1)
        caught=$(awk '/^Sig(Cgt|Blk)/ { print $2 }' "/proc/$process/status" 2>/dev/null | tr '\n' ' ')
        # The last 16 of 64 signals are in the last four digits; a program is its own when its arguments are.
        if [[ -n $caught ]] && tr '\0' ' ' <"/proc/$process/cmdline" 2>/dev/null | grep -q '^[^ ]*electra-dist pretrain'; then
            for mask in $caught; do
                if (((16#${mask: -4} >> ($2 - 1)) & 1)); then break 2; fi
            done
        fi
    done
    kill -"$1" "$process"
    finish
    ranks=0
    if grep -q 'stopped by a signal after step' "$work/err"; then
        # This shell was not quick enough.
        says "SIG$1 in the first step" 75 "all saved;the same command goes on"
    else
        says "SIG$1 at once" 75 "stopped by a signal before;the same command starts again"
        if [[ -e $work/$3/checkpoints ]]; then fail "SIG$1 at once: nothing is saved"; fi
    fi
    pretrain 0 1 "$3" "${resume_options[@]}"
    same "SIG$1 at once: the same command starts again" "0 $result" "$code $(fingerprint)"
}

# The ranks live on for a moment, and hold the lock.
launcher_killed() {
    local place=no-launcher
    begin 2 1 $place
    # shellcheck disable=SC2046
    kill -KILL $(launcher)
    finish
    goes_on "mpirun killed, started again at once" $place 0 1
}

# One rank of several dies: the others must not wait for it.
one_dies() {
    begin_and_signal KILL one_rank 3 1 orphans
    if [[ $code -ne 0 && $code -ne 124 ]] && nothing_left; then
        pass "one rank of three killed: all end (exit code $code)"
    else
        fail "one rank of three killed: all end"
    fi
    goes_on "one rank of three killed" orphans 2 2
}

finished_again() {
    local before
    before=$(metrics whole | cksum)
    pretrain 3 1 whole "${resume_options[@]}"
    if [[ $code -eq 0 && $(fingerprint) == "$result" && $(metrics whole | cksum) == "$before" ]]; then
        pass "a finished run, run again: the same fingerprint, nothing else"
    else
        fail "a finished run, run again: the same fingerprint, nothing else"
    fi
    run 0 inspect "$work/whole"
    if [[ $code -eq 0 ]] && grep -q "^parameters *${result#parameters } " "$work/out"; then
        pass "inspect RUN prints the fingerprint"
    else
        fail "inspect RUN prints the fingerprint"
    fi
    run 0 inspect "$work/whole/checkpoints/step-00000020"
    if [[ $code -eq 0 ]] && grep -q "^parameters *${result#parameters } " "$work/out"; then
        pass "inspect CHECKPOINT prints the fingerprint"
    else
        fail "inspect CHECKPOINT prints the fingerprint"
    fi
}

# What a crash inside of a save leaves.
unfinished_checkpoint() {
    local place=unfinished
    copy_half $place
    mkdir "$work/$place/checkpoints/step-00000011.partial"
    head -c 1000 "$work/$place/checkpoints/step-00000010/adam_m.safetensors" \
        >"$work/$place/checkpoints/step-00000011.partial/adam_m.safetensors"
    # One that lost its manifest, and one whose removal was cut short.
    cp -r "$work/$place/checkpoints/step-00000010" "$work/$place/checkpoints/step-00000008"
    rm "$work/$place/checkpoints/step-00000008/manifest.json"
    cp -r "$work/$place/checkpoints/step-00000010" "$work/$place/checkpoints/step-00000012"
    rm "$work/$place/checkpoints/step-00000012/manifest.json"
    # And a log that is ahead of the checkpoint, its last line half written.
    sed -n '/"step": 1[1-9]/p' "$work/whole/metrics.jsonl" >>"$work/$place/metrics.jsonl"
    printf '{"step": 15, "split": "tr' >>"$work/$place/metrics.jsonl"
    # Between the checkpoint and the evaluation of its step.
    sed -i '/"held_out"/d' "$work/$place/metrics.jsonl"
    # Somebody's own copy stays.
    cp -r "$work/$place/checkpoints/step-00000010" "$work/$place/checkpoints/step-00000010-best"
    goes_on "an unfinished checkpoint, a log that is ahead, an evaluation that is missing" $place 2 1
    if grep '"step": 10, "split": "held_out"' "$work/$place/metrics.jsonl" | grep -q '"tokens_per_second": null,'; then
        pass "an evaluation that was made up for knows no rate"
    else
        fail "an evaluation that was made up for knows no rate"
    fi
    same "one that lost its manifest is told of" 1 "$(grep -c 'step-00000012: passed over, as it has no manifest.json' "$work/err")"
    same "and stays; what was unfinished is removed" "step-00000010 step-00000010-best step-00000012 step-00000020" \
        "$(checkpoints $place)"
}

# A second process would write into the checkpoints of the first.
one_at_a_time() {
    local ranks=0
    # The first one keeps its lock, and does not end meanwhile; where it was done before it was stopped, once more.
    for _ in 1 2 3 4 5; do
        rm -rf "${work:?}/locked"
        begin 2 1 locked
        # shellcheck disable=SC2046
        kill -STOP $(everything)
        if [[ -n $(everything) && ! -e $work/locked/checkpoints/step-00000020 ]]; then break; fi
        # shellcheck disable=SC2046
        kill -CONT $(everything)
        finish
    done
    mv "$work/out" "$work/first.out"
    mv "$work/err" "$work/first.err"
    run 0 "${tiny[@]}" --run "$work/locked" "${resume_options[@]}"
    says "a second process in a run" 64 "locked: process;trains in this run;another --run"
    # shellcheck disable=SC2046
    kill -CONT $(everything)
    mv "$work/first.out" "$work/out"
    mv "$work/first.err" "$work/err"
    finish
    if [[ $code -eq 0 && $(fingerprint) == "$result" ]]; then
        pass "the first process is not disturbed"
    else
        fail "the first process is not disturbed"
    fi
}

copy_half() {  # copy_half RUN: a run that was stopped at step 10
    mkdir -p "$work/$1/checkpoints"
    cp "$work/whole/run.json" "$work/$1/"
    sed -n '/"step": \([1-9]\|10\),/p' "$work/whole/metrics.jsonl" >"$work/$1/metrics.jsonl"
    cp -r "$work/whole/checkpoints/step-00000010" "$work/$1/checkpoints/"
}

keeps() {
    pretrain 2 1 keeps --save-every 4 --keep 2 --evaluate-every 0
    same "--keep 2 keeps two" "step-00000016 step-00000020" "$(checkpoints keeps)"
    pretrain 1 1 keeps-all --steps 8 --save-every 2 --keep 0 --evaluate-every 0 --batch 8 --slices 2
    same "--keep 0 keeps all" "step-00000002 step-00000004 step-00000006 step-00000008" "$(checkpoints keeps-all)"
}

never_stopped
killed 2 1 3 1
killed 0 2 4 1
killed 3 1 1 2
signalled TERM 0 1 2 1
signalled INT 0 2 2 1
signalled USR1 2 1 1 2
signalled_ranks 3 1 2 1
terminated_launcher 2 1 3 1
at_once TERM 15 at-once-term
at_once INT 2 at-once-int
launcher_killed
one_dies
finished_again
unfinished_checkpoint
one_at_a_time
keeps
