# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# What the tab key does in bash, zsh and fish, which are set up as README says. A shell that is not here is passed over.

mkdir -p "$work/tab/runs/one" "$work/tab/books" "$work/tab-bin"
touch "$work/tab/own.json" "$work/tab/own.txt" "$work/tab/vocab.txt" "$work/tab/notes.doc" "$work/tab/books/one.txt"
ln -s "$program" "$work/tab-bin/electra-dist"

# A home whose shell was set up by the line of README.
home_of() {  # home_of SHELL: leaves it in `home`
    home=$work/home-$1
    [[ ! -d $home ]] || return
    mkdir -p "$home/.config/fish"
    # A shell that has completion, as distributions set it up.
    [[ $1 != zsh ]] || echo "autoload -U compinit; compinit -u" >"$home/.zshrc"
    HOME=$home bash -c "$(grep "^    echo .*--generate-completion-script $1" README.md)"
}

# Types a line, presses enter, and leaves in `typed` what words a program would get. In zsh and bash, electra-dist itself is
# replaced by a function that prints them, after its script was loaded.
typed_in() {  # typed_in SHELL LINE
    local shell=$1 home show words='electra-dist() { printf "words: "; printf "<%s>" "$@"; echo; }'
    home_of "$shell"
    grep -q "words: " "$home/.${shell}rc" || echo "$words; PS1=; PROMPT=; echo ready" >>"$home/.${shell}rc"
    # What is typed before the shell reads is not lost, but a tab would be taken for one: wait until it is ready.
    show=$( (
        for ((tenths = 0; tenths < 10 * seconds_allowed; tenths++)); do
            grep -q ready "$home/shown" 2>/dev/null && break
            sleep 0.1
        done
        printf '%b\nexit\n' "$2"
    ) | (cd "$work/tab" && HOME=$home ZDOTDIR=$home PATH=$work/tab-bin:$PATH TERM=xterm timeout "$seconds_allowed" \
        script --quiet --flush --command "$shell -i" "$home/shown") 2>&1)
    rm -f "$home/shown"
    # A folder ends with a slash or not, as shells like it.
    typed=$(tr -d '\r' <<<"$show" | sed -n 's/.*words: \(<.*>\)$/\1/p' | tail -n 1 | sed 's|/>|>|g')
}

# Where several are possible, fish lists them without a terminal; bash leaves them in COMPREPLY.
offered_in() {  # offered_in SHELL WORD...: in one line
    local shell=$1 home
    shift
    home_of "$shell"
    case $shell in
    bash)
        (cd "$work/tab" && PATH=$work/tab-bin:$PATH bash --norc -c '
            . "$1/.bashrc" >/dev/null
            shift
            COMP_WORDS=(electra-dist "$@"); COMP_CWORD=$#; COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
            "$(complete -p electra-dist | sed "s/.* -F \([^ ]*\) .*/\1/")" electra-dist "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf "%s\n" "${COMPREPLY[@]}"' bash "$home" "$@" 2>/dev/null | sort | xargs) ;;
    fish)
        (cd "$work/tab" && HOME=$home PATH=$work/tab-bin:$PATH fish -c 'complete --do-complete "electra-dist $argv"' "$*" | cut -f 1 | sort | xargs) ;;
    esac
}

offers() {  # offers SHELL WANTED WORD...
    local shell=$1 wanted=$2
    shift 2
    same "$shell: $*" "$wanted" "$(offered_in "$shell" "$@")"
}

types() {  # types SHELL LINE WANTED
    typed_in "$1" "$2"
    same "$1: ${2//'\t'/<tab>}" "$3" "$typed"
}

run 0 --generate-completion-script bash
same "a script for bash" "0 0" "$code $(wc -l <"$work/err")"
run 0 --generate-completion-script tcsh
ranks=0
says "a script for another shell" 64 "tcsh"

# Options that are added later, too: whatever takes a path completes one.
run 0 --generate-completion-script zsh
same "every path can be completed" "" "$(grep -E ":(file|folder|path):'\$" "$work/out")"
same "every preset, precision and field" "" "$(grep -E "'[*]?--(preset|precision|set)\[.*:'\$" "$work/out")"

fields=$("$program" pretrain --list-fields | sed -n 's/^\([a-z0-9_]*\) = .*/\1=/p' | sort | xargs)
for shell in bash fish; do
    if ! command -v $shell >/dev/null; then
        echo "        no $shell here"
        continue
    fi
    offers $shell "base large small small++ tiny" pretrain --preset ""
    offers $shell "small small++" benchmark --preset sm
    offers $shell "bf16 bf16x3 f32" pretrain --precision ""
    offers $shell "$fields" pretrain --set ""
    offers $shell "adam_beta1= adam_beta2=" benchmark --set adam_b
    offers $shell "--precision --preset" pretrain --pre
    offers $shell "doctor" "do"
    slash=$([[ $shell == fish ]] && echo /)
    offers $shell "runs$slash" pretrain --run r
    offers $shell "runs/one$slash" evaluate --run runs/o
    offers $shell "books$slash" inspect b
    offers $shell "own.json own.txt" prepare --corpus own
    offers $shell "own.json own.txt" prepare --corpus books own
    offers $shell "own.json" pretrain --config own
    offers $shell "vocab.txt" prepare --vocab v
done
for shell in bash zsh; do
    if ! command -v $shell >/dev/null; then
        echo "        no $shell here"
        continue
    fi
    types $shell 'electra-dist pret\t--pres\tti\t--set layers_\t' "<pretrain><--preset><tiny><--set><layers_>"
    types $shell 'electra-dist prepare --corpus boo\t own.t\t own.j\t--vocab voc\t' "<prepare><--corpus><books><own.txt><own.json><--vocab><vocab.txt>"
    types $shell 'electra-dist pretrain --set adam_beta1\t0.8 --config own\t' "<pretrain><--set><adam_beta1=0.8><--config><own.json>"
    types $shell 'electra-dist export --run runs/o\t --outp\tnew' "<export><--run><runs/one><--output><new>"
done
