# shellcheck shell=bash disable=SC2154
# Which cores the threads of a run may use, whatever the launcher and the environment did, and what is said where they are
# too few. Holds on any number of cores, one too.

cores_of() { sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "/proc/$1/status"; }  # cores_of PROCESS, or PROCESS/task/THREAD
mine=$(cores_of self)
first=${mine%%[-,]*}
launched=0

# The lanes are the threads that were started after MPI's, whose cores are not ours to change: the main one is lane 0, the
# last one is another lane.
lanes_have() {  # lanes_have NAME CORES COMMAND...: what starts two lanes
    local name=$1 wanted=$2 process threads found
    shift 2
    launched=$((launched + 1))
    local place=$work/launched-$launched
    setsid timeout --foreground --kill-after=5 "$seconds_allowed" "$@" "${tiny[@]}" --run "$place" --threads 2 --steps 1000000 \
        --evaluate-every 0 --save-every 2 --keep 1 --batch 8 --slices 2 >"$work/out" 2>"$work/err" </dev/null &
    session=$!
    if wait_for "$place/checkpoints"; then
        for process in $(processes "$session"); do
            [[ $(readlink "/proc/$process/exe") == "$(readlink -f "$program")" ]] || continue
            threads=$(find "/proc/$process/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n)
            found=$(for thread in $process $(tail -n 1 <<<"$threads"); do cores_of "$process/task/$thread"; done | xargs)
        done
    fi
    # shellcheck disable=SC2046
    kill -KILL $(processes "$session")
    finish
    same "$name: both lanes have the cores they can" "$wanted $wanted" "${found:-none}"
}

notes_on_threads() { grep -c '^note: .* threads on .*: they take turns' "$work/err"; }

lanes_have "alone" "$mine" "$program"
lanes_have "OMP_PROC_BIND" "$mine" env OMP_PROC_BIND=true "$program"
lanes_have "OMP_PLACES=cores" "$mine" env OMP_PLACES=cores "$program"
lanes_have "mpirun that binds to a core" "$mine" mpirun --quiet --bind-to core -n 1 "$program"
lanes_have "mpirun around a script of the user's" "$mine" mpirun --quiet --bind-to core -n 1 nice -n 1 "$program"
lanes_have "both bind" "$mine" env OMP_PROC_BIND=close mpirun --quiet --bind-to core -n 1 "$program"
lanes_have "mpirun that binds to nothing" "$mine" mpirun --quiet --bind-to none -n 1 "$program"

# What somebody chose stays, and is one note.
lanes_have "taskset" "$first" taskset -c "$first" "$program"
same "taskset: one note" 1 "$(notes_on_threads)"
lanes_have "taskset around mpirun" "$first" taskset -c "$first" mpirun --quiet --bind-to core -n 1 "$program"
same "taskset around mpirun: one note" 1 "$(notes_on_threads)"
lanes_have "taskset inside of mpirun" "$first" mpirun --quiet --bind-to none -n 1 taskset -c "$first" "$program"
same "taskset inside of mpirun: one note" 1 "$(notes_on_threads)"
lanes_have "GOMP_CPU_AFFINITY" "$first" env GOMP_CPU_AFFINITY="$first" "$program"
same "GOMP_CPU_AFFINITY: one note" 1 "$(notes_on_threads)"

says_so() {  # says_so COMMAND...: alone, on the first core
    command_line 0 "$@"
    line=(taskset -c "$first" "${line[@]}")
    run_line
    same "$1 on one core: one note" "0 1" "$code $(notes_on_threads)"
}

pretrain 0 1 to-evaluate
same "one thread is nothing to speak of" 0 "$(grep -c 'take turns' "$work/err")"
says_so evaluate --run "$work/to-evaluate" --data "$work/data" --threads 2
says_so benchmark --preset tiny --batch 8 --max-length 32 --vocabulary-size 500 --steps 1 --threads 2

# The remedy is none that was taken already.
line=(taskset -c "$first" mpirun --quiet --bind-to none -n 1 "$program" doctor --threads 2)
run_line
same "doctor: threads on one core, and nothing of --bind-to" "0 1 0" \
    "$code $(grep -c '^\* .*: 2 threads on 1 .*they take turns' "$work/out") $(grep -c 'bind-to' "$work/out")"
line=(mpirun --quiet --bind-to core -n 1 "$program" doctor --threads 2)
run_line
same "doctor --threads: has the cores that the training would have" "0 0" "$code $(grep -c 'bind-to\|has one core' "$work/out")"

# Signals wait while the program takes its own place, and not after that.
start 0 benchmark --preset tiny --vocabulary-size 500 --steps 1000000
ended=no
for ((tenths = 0; tenths < 600; tenths++)); do
    # shellcheck disable=SC2046
    kill -TERM $(children "$session") 2>/dev/null
    sleep 0.1
    [[ -n $(children "$session") ]] || { ended=yes && break; }
done
[[ $ended == yes ]] || kill -KILL "$(children "$session")"
finish
same "a command that has nothing to save ends at SIGTERM" "yes 143" "$ended $code"
