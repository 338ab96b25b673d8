# shellcheck shell=bash disable=SC2154
# What is shown at once, on a terminal and where there is none, and what a signal is answered.

escape=$'\e'

on_terminal() {  # on_terminal TERM ARGUMENT...: what the program shows on a terminal of 100 columns, in $work/out
    local kind=$1
    shift
    command_line 0 "$@"
    line=(env "TERM=$kind" SHELL=/bin/bash
        script --quiet --return --command "stty cols 100; exec $(printf '%q ' "${line[@]}")" /dev/null)
    run_line
}

# No live line, no colour: neither a cursor that moves nor a letter that is red.
sequences() { grep -c "$escape" "$work/out"; }

pretrain 0 1 first-seconds
same "without a terminal: a step is announced, once" "0 1 0" \
    "$code $(grep -c '^pretraining  step 1/20 is under way; .*first-seconds/metrics.jsonl$' "$work/err") $(grep -c "$escape" "$work/err")"
pretrain 0 1 first-seconds
same "a finished run announces none" "0 0" "$code $(grep -c 'under way' "$work/err")"

for kind in xterm dumb ""; do
    rm -rf "$work/shown"
    on_terminal "$kind" "${tiny[@]}" --run "$work/shown"
    case $kind in
    xterm) wanted="0 1 shown" ;;
    *) wanted="0 1 none" ;;
    esac
    same "TERM=$kind: the first step is announced, with sequences: ${wanted##* }" "$wanted" \
        "$code $(grep -c 'computing step 1 of 20\|step 1/20 is under way' "$work/out") $(if [[ $(sequences) -gt 0 ]]; then echo shown; else echo none; fi)"
done
for kind in xterm dumb; do
    on_terminal $kind evaluate --run "$work/shown" --data "$work/data"
    same "TERM=$kind: the marked word of evaluate" "0 $([[ $kind == dumb ]] || echo red)" \
        "$code $(grep -q "$escape\[1;31m" "$work/out" && echo red)"
done
export NO_COLOR=1
on_terminal xterm evaluate --run "$work/shown" --data "$work/data"
same "NO_COLOR: the marked word of evaluate" "0 " "$code $(grep -q "$escape\[1;31m" "$work/out" && echo red)"
unset NO_COLOR
on_terminal xterm benchmark --preset tiny --batch 8 --max-length 32 --vocabulary-size 500 --steps 1
same "benchmark says what it does" "0 1" "$code $(grep -c 'measuring  products' "$work/out")"
on_terminal xterm doctor
same "doctor says what it does" "0 1" "$code $(grep -c 'measuring  products' "$work/out")"

# What files and texts bring along is shown, and not obeyed.
run 0 export --run "$work/shown" --output "$work/model"
on_terminal dumb detect --model "$work/model" --text "ba ${escape}]0;evil$(printf '\a') ce" --threshold 0.01
same "sequences in a text, on a terminal" "0 0 1" "$code $(sequences) $(grep -c 'u001b.*u0007' "$work/out")"
run 0 detect --model "$work/model" --text "ba ${escape}[2J ce"
same "sequences in a text, into a pipe: as they are" "0 1" "$code $(sequences)"
sed -i 's/"model_type": "electra"/"model_type": "el\\u001b[2Jec\\ntra"/' "$work/model/discriminator/config.json"
ranks=0
run 0 detect --model "$work/model" --text "ba"
says "sequences in a file, in an error" 65 'found "el.u001b.2Jec tra"'
same "sequences in a file, in an error: none is left" 0 "$(grep -c "$escape" "$work/err")"

# The step may take a minute: a signal is answered before it is done, by one rank.
answered() {  # answered SIGNAL RANKS ANSWER
    local place=answered-$1-$2
    # Not the line of the run before.
    : >"$work/err"
    start "$2" "${tiny[@]}" --run "$work/$place" --steps 1000000 --save-every 1000000 --evaluate-every 0
    while ! grep -q "is under way" "$work/err" && kill -0 "$session" 2>/dev/null; do sleep 0.01; done
    if [[ $2 -eq 0 ]]; then
        # shellcheck disable=SC2046
        kill -"$1" $(children "$session")
    else
        # shellcheck disable=SC2046
        kill -"$1" $(children "$(children "$session")")
    fi
    finish
    same "SIG$1 to $2 ranks is answered once, then all is saved" "75
$3
electra-dist: stopped by a signal" "$code
$(grep -a 'heard\|stopped by' "$work/err" | sed 's/\(stopped by a signal\).*/\1/')"
}

answered INT 0 "note: SIGINT heard: the step is finished and saved first; a second Ctrl-C ends at once"
answered TERM 0 "note: SIGTERM heard: the step is finished and saved first"
answered USR1 2 "note: SIGUSR1 heard: the step is finished and saved first"
