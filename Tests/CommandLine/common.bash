# shellcheck shell=bash disable=SC2154
# What the command-line tests share. Tests/run-command-line-tests sources it, with:
#   program   the electra-dist to test
#   work      a folder of the tests' own, which is removed at the end

. scripts/mpi-environment
ulimit -c 0

seconds_allowed=${COMMAND_LINE_TEST_SECONDS:-600}
passed=0
failed=0

# --- What a test says

pass() {  # pass NAME
    passed=$((passed + 1))
    echo "ok      $1"
}

fail() {  # fail NAME [TEXT]: the text, or what the last program said, is shown below it
    failed=$((failed + 1))
    echo "FAILED  $1"
    if [[ $# -gt 1 ]]; then
        printf '%s\n' "$2" | sed 's/^/        /'
    else
        echo "        exit code $code (124: hung); the end of its output and of its errors:"
        tail -n 5 "$work/out" | sed 's/^/        | /'
        tail -n 10 "$work/err" | sed 's/^/        ! /'
    fi
}

same() {  # same NAME WANTED FOUND
    if [[ $2 == "$3" ]]; then pass "$1"; else fail "$1" "expected $2
found    $3"; fi
}

says() {  # says NAME CODE "PATTERN;PATTERN...": about the last program run, on $ranks ranks
    local name=$1 wanted=$2 pattern prefix problem=""
    local -a parts
    IFS=';' read -r -a parts <<<"$3"
    [[ $code -eq $wanted ]] || problem="exit code $code, expected $wanted"
    [[ $(own_errors | wc -l) -eq 1 ]] || problem="$(own_errors | wc -l) lines of errors, expected one"
    # A stop in good order is no error, and not called one.
    if [[ $wanted -eq 75 ]]; then prefix="electra-dist: "; else prefix="electra-dist: error: "; fi
    grep -q "^$prefix" "$work/err" || problem="no line starts with $prefix"
    [[ $wanted -ne 75 ]] || ! grep -q 'error:' "$work/err" || problem="a stop is called an error"
    for pattern in "${parts[@]}"; do
        own_errors | grep -q -- "$pattern" || problem="nothing of '$pattern'"
    done
    # Alone there is no mpirun to say anything else; notes and a step that was announced come before.
    [[ $ranks -gt 0 || $(grep -vc '^note: \|^pretraining  ' "$work/err") -eq 1 ]] || problem="more than one line"
    if [[ -n $problem ]]; then
        fail "$name: $problem"
        return
    fi
    if [[ $ranks -eq 0 ]]; then
        # As the tests' folder has another name each time.
        pass "$name: $code, $(own_errors | sed "s|$work/||g; s/^electra-dist: error: //; s/^electra-dist: //")"
    else
        pass "$name, on $ranks rank(s)"
    fi
}

# --- Programs. Each leaves its exit code in `code`, its output in $work/out, its errors in $work/err.

launcher=(mpirun --quiet)

command_line() {  # command_line RANKS ARGUMENT...: leaves it in `line`; 0 ranks: without mpirun
    local count=$1
    shift
    line=("$program" "$@")
    if [[ $count -gt 0 ]]; then line=("${launcher[@]}" -n "$count" "${line[@]}"); fi
}

run_line() {
    timeout --kill-after=5 "$seconds_allowed" "${line[@]}" >"$work/out" 2>"$work/err" </dev/null
    code=$?
}

run() {  # run RANKS ARGUMENT...
    command_line "$@"
    run_line
}

# --- What is refused

refused() {  # refused NAME CODE "PATTERN;PATTERN..." RANKS ARGUMENT...: on each of the numbers of ranks
    local name=$1 wanted=$2 patterns=$3 ranks
    local -a numbers
    read -r -a numbers <<<"$4"
    shift 4
    for ranks in "${numbers[@]}"; do
        run "$ranks" "$@"
        says "$name" "$wanted" "$patterns"
    done
}

# The parts of a failure that are the same for all of a kind need not be looked at on every number of ranks.
everywhere="0 1 2 3"
somewhere="0 3"

refused_run() {  # refused_run NAME CODE PATTERNS RANKS OPTION...: a new run, which leaves nothing
    local name=$1 wanted=$2 patterns=$3 counts=$4
    shift 4
    refused "$name" "$wanted" "$patterns" "$counts" "${tiny[@]}" --run "$work/refused" "$@"
    if [[ -e $work/refused ]]; then
        fail "$name: leaves no folder" "$(find "$work/refused")"
        rm -rf "$work/refused"
    fi
}

copy_of() {  # copy_of FOLDER: a copy to damage, as $work/copy
    rm -rf "$work/copy"
    cp -r "$work/$1" "$work/copy"
}

# --- Programs whose calls for memory are counted

build_counter() {
    local compiler
    compiler=$(command -v cc || command -v clang)
    "$compiler" -O1 -Wall -Wextra -Werror -shared -fPIC -o "$work/count-allocations.so" \
        Tests/CommandLine/count-allocations.c -ldl
}

run_counted() {  # run_counted RANKS ARGUMENT...: as run; the counts of each rank in $work/counts.*
    local count=$1
    shift
    rm -f "$work"/counts.*
    command_line 0 "$@"
    line=(env "LD_PRELOAD=$work/count-allocations.so" "ALLOCATIONS_FILE=$work/counts" SWIFT_DETERMINISTIC_HASHING=1
        "${line[@]}")
    if [[ $count -gt 0 ]]; then line=("${launcher[@]}" -n "$count" "${line[@]}"); fi
    run_line
}

counted() {  # counted KEY: the sum over the ranks
    awk -v key="$1" '$1 == key { sum += $2 } END { print sum + 0 }' "$work"/counts.*
}

# --- Programs in the background

start() {  # start RANKS ARGUMENT...: in the background, as a session of its own, whose id is left in `session`
    command_line "$@"
    # In the background of a script without job control, so setsid need not fork and keeps the process id.
    setsid timeout --foreground --kill-after=5 "$seconds_allowed" "${line[@]}" >"$work/out" 2>"$work/err" </dev/null &
    session=$!
}

processes() { with_field 3 "$1"; }  # processes SESSION: the ids of its processes

children() { with_field 1 "$1"; }  # children PROCESS

with_field() {  # with_field NUMBER VALUE: living processes; state 0, parent 1, group 2, session 3
    local stat text fields
    for stat in /proc/[0-9]*/stat; do
        { read -r text <"$stat"; } 2>/dev/null || continue
        # The name of the program, in brackets, may have spaces.
        read -r -a fields <<<"${text##*) }"
        if [[ ${fields[$1]} == "$2" && ${fields[0]} != Z ]]; then echo "${text%% *}"; fi
    done
}

wait_for() {  # wait_for PATH: until it is there, while the session of `start` lives
    while [[ ! -e $1 ]] && kill -0 "$session" 2>/dev/null; do sleep 0.01; done
    [[ -e $1 ]]
}

finish() {  # waits for what `start` started
    wait "$session" 2>/dev/null
    code=$?
}

nothing_left() {  # of the session of `start`; mpirun may leave before the last rank is gone
    local tenths
    for ((tenths = 0; tenths < 600; tenths++)); do
        [[ -n $(processes "$session") ]] || return 0
        sleep 0.1
    done
    return 1
}

prepare() {  # prepare NAME OPTION...: a data set of the tests, which has to come out
    local name=$1
    shift
    run 0 prepare --output "$work/$name" "$@"
    if [[ $code -ne 0 ]]; then
        fail "prepare $name"
        exit 1
    fi
}

pretrain() {  # pretrain RANKS THREADS RUN OPTION...: preset tiny of half its layers, dropout on, warm at once so that the weights move
    local count=$1 threads=$2 name=$3
    shift 3
    run "$count" "${tiny[@]}" --run "$work/$name" --threads "$threads" "$@"
}

# What the program itself said on standard error, without the words of mpirun.
own_errors() { grep -a "electra-dist: \|^Fatal error\|^Error:\|on rank" "$work/err"; }

# --- What a run left

fingerprint() {  # of the last run: the last line it printed, if that is one
    tail -n 1 "$work/out" | sed -n '/^parameters [0-9a-f]\{16\}$/p'
}

# All that metrics.jsonl says but times.
metrics() { sed 's/, "tokens_per_second".*//' "$work/$1/metrics.jsonl"; }

# The steps that RUN/metrics.jsonl has lines of, in one line.
logged_steps() { sed -n 's/^{"step": \([0-9]*\), "split": "train".*/\1/p' "$work/$1/metrics.jsonl" | xargs; }

field() {  # field NAME KEY: of the first line of metrics
    sed -n "1s/.*\"$2\": \\([^,}]*\\).*/\\1/p" "$work/$1/metrics.jsonl"
}

value() { sed -n "s/^  \"$2\": \\(.*\\),\$/\\1/p" "$work/$1/run.json"; }  # value RUN FIELD

checkpoints() { find "$work/$1/checkpoints" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs; }

# --- Text

# Sentences of a made-up language, always the same: few words are frequent, many are rare. Documents have from one
# sentence of two words to hundreds of long ones, so that sequences are of very different lengths.
write_corpus() {  # write_corpus FILE DOCUMENTS
    awk -v documents="$2" '
        function random(below) {  # Park and Miller, exact in a double
            state = state * 16807 % 2147483647
            return int(state / 2147483647 * below)
        }
        BEGIN {
            state = 20200323
            split("ba ce di fo gu ha ki la me no pu ra se ti vo za", syllable, " ")
            for (i = 0; i < 900; i++) {
                word[i] = ""
                for (j = -1; j < i % 3; j++) word[i] = word[i] syllable[1 + random(16)]
            }
            for (d = 0; d < documents; d++) {
                sentences = d % 25 == 0 ? 40 + random(60) : d % 3 == 0 ? 1 : 1 + random(4)
                for (s = 0; s < sentences; s++) {
                    line = ""
                    for (n = d % 3 == 0 ? 2 + random(3) : 3 + random(25); n > 0; n--) {
                        u = random(1000) / 1000
                        line = line word[int(900 * u * u * u)] (n > 1 ? " " : ".")
                    }
                    print line
                }
                print ""
            }
        }' >"$1"
}

# What all tests train on.
make_data() {
    write_corpus "$work/corpus.txt" 1500
    prepare data --corpus "$work/corpus.txt" --max-length 64 --held-out 0.05
    tiny=(pretrain --data "$work/data" --preset tiny --steps 20 --warmup 4 --seed 7 --log-every 1 --save-every 100
        --evaluate-every 10 --set evaluation_sequences=64 --set max_length=64 --set layers=2 --set generator_layers=2)
}

# Every objective, and with them ways of sharing, masks, schedules and optimisers: a name, and options of pretrain.
each_objective() {
    local one_size="--set embedding_sharing=separate --set embedding_size=128 --set generator_hidden_size=128"
    one_size+=" --set generator_heads=2 --set generator_feed_forward_size=512"
    cat <<OBJECTIVES
mlm --set objective=mlm --set masked_shown=80/10/10 --set whole_word_masks=true
masked-only --set objective=electra_masked_only --set mask_probability_end=0.3
replace --set objective=replace_mlm --set temperature_end=2
all-tokens --set objective=all_tokens_mlm
two-stage --set objective=two_stage $one_size
adversarial --set objective=adversarial
disentangled --set embedding_sharing=gradient_disentangled
lamb --set optimizer=lamb --set schedule=cosine --batch 64
OBJECTIVES
}
