# shellcheck shell=bash disable=SC2154,SC2034
# What a user is told of the text: how much of it is [UNK] and why, and what it loses without accents.

says_note() {  # says_note NAME CODE "PATTERN;PATTERN...": among the notes of the last program
    local name=$1 wanted=$2 pattern problem=""
    local -a parts
    IFS=';' read -r -a parts <<<"$3"
    [[ $code -eq $wanted ]] || problem="exit code $code, expected $wanted"
    for pattern in "${parts[@]}"; do
        grep '^note: ' "$work/err" | grep -q -- "$pattern" || problem="no note with '$pattern'"
    done
    if [[ -z $problem ]]; then pass "$name"; else fail "$name: $problem"; fi
}

says_beside_notes() {  # says_beside_notes NAME CODE PATTERNS: its one line of errors, which notes stand before
    local ranks=0
    sed -i '/^note: /d' "$work/err"
    says "$@"
}

says_nothing() {  # says_nothing NAME PATTERN: of that
    if [[ $code -eq 0 ]] && ! grep -q -- "$2" "$work/err"; then pass "$1"; else fail "$1: exit code 0, no '$2'"; fi
}

repeat() { for ((i = 0; i < $1; i++)); do printf '%s\n\n' "$2"; done; }  # repeat TIMES TEXT: as documents

unknown_words() {
    local english=(--vocab "$work/data/vocab.txt")
    repeat 300 'все счастливые семьи похожи друг на друга' >"$work/russian.txt"
    refused_text "Russian with another vocabulary" "russian.txt: 2100 of 2100 words are \[UNK\];друг.* (300);letters of Cyrillic" \
        --corpus "$work/russian.txt" "${english[@]}"
    repeat 50 "$(printf 'ภาษาไทยไม่มีช่องว่างระหว่างคำ%.0s' {1..9})" >"$work/thai.txt"
    refused_text "Thai without spaces" "longer than 100 characters;Thai has no spaces" --corpus "$work/thai.txt"
    { printf '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n'; printf '%s\n' tiếng việt và người đẹp; } >"$work/vietnamese-vocab.txt"
    repeat 300 'tiếng Việt và người đẹp' >"$work/vietnamese.txt"
    refused_text "a vocabulary with accents" "add --keep-accents" \
        --corpus "$work/vietnamese.txt" --vocab "$work/vietnamese-vocab.txt"
    prepare vietnamese --corpus "$work/vietnamese.txt" --vocab "$work/vietnamese-vocab.txt" --keep-accents
    same "with --keep-accents all is well" "none of 1500 words is [UNK]" "$(grep UNK "$work/out")"
    says_nothing "and nothing is lost" "note:"

    { repeat 20 'все семьи'; cat "$work/corpus.txt"; } >"$work/mixed.txt"
    run 0 prepare --corpus "$work/mixed.txt" "${english[@]}" --output "$work/mixed"
    same "a few words are no note" "0 40 of" "$code $(grep -o '^40 of' "$work/out")"
    says_nothing "nor in pretrain" "UNK"

    prepare insisted --allow-unknown --corpus "$work/russian.txt" "${english[@]}" --max-length 64
    says_note "--allow-unknown makes it" 0 "100.00 % of all words are \[UNK\];letters of Cyrillic"
    run 0 inspect "$work/insisted"
    says_note "inspect says so" 0 "insisted: 100.00 % of its words are \[UNK\]"
    same "and how many" "unknown 2100 of 2100 words are [UNK] (100.00 %)" "$(grep '^unknown' "$work/out" | xargs)"
    run 2 pretrain --data "$work/insisted" --preset tiny --steps 2 --set max_length=64 --run "$work/insisted-run"
    says_note "pretrain says so" 0 "insisted: 100.00 % of its words are \[UNK\]"
    same "once" 1 "$(grep -c UNK "$work/err")"
}

refused_text() {  # refused_text NAME PATTERNS ARGUMENT...: by prepare, and no data set is left
    local name=$1 patterns=$2
    shift 2
    run 0 prepare "$@" --output "$work/refused-text"
    says_beside_notes "$name" 65 "$patterns;--allow-unknown insists"
    [[ ! -e $work/refused-text ]] || fail "$name: leaves nothing" "$(ls "$work/refused-text")"
}

vocabularies_that_leave_out() {
    run 0 vocabulary --corpus "$work/thai.txt" --output "$work/none.txt"
    says_beside_notes "a vocabulary of unspaced Thai" 65 "no word in this corpus;Thai has no spaces"
    { repeat 100 'plain words'; cat "$work/thai.txt"; } >"$work/half.txt"
    run 0 vocabulary --corpus "$work/half.txt" --size 64 --output "$work/half-vocab.txt"
    says_note "a vocabulary of half a text" 0 "50 of 250 words are \[UNK\];Thai has no spaces"
}

lost_marks() {
    local text script
    while IFS='|' read -r script text; do
        repeat 100 "$text" >"$work/marks.txt"
        run 0 prepare --corpus "$work/marks.txt" --output "$work/marks"
        says_note "$script" 0 "without accents;of $script;--keep-accents leaves them (docs/languages.md)"
        run 0 vocabulary --corpus "$work/marks.txt" --size 200 --output "$work/marks-vocab.txt"
        says_note "$script in a vocabulary" 0 "without accents;of $script;--keep-accents"
        run 0 prepare --corpus "$work/marks.txt" --keep-accents --output "$work/marks"
        says_nothing "$script with --keep-accents" "without accents"
    done <<'TEXTS'
Devanagari|सभी सुखी परिवार
Thai|ครอบครัว ที่ มี ความสุข
Kana|しあわせ な かぞく が
Hangul|행복한 가정은
Cyrillic|мой чай
Latin|hạnh phúc đều giống
TEXTS
    repeat 100 'Les familles heureuses, où ça, naïveté' >"$work/marks.txt"
    run 0 prepare --corpus "$work/marks.txt" --output "$work/marks"
    says_nothing "French has nothing but accents" "note:"
}

single_texts() {
    local with
    pretrain 0 1 findings-run --steps 2
    run 0 export --run "$work/findings-run" --output "$work/findings-model"
    for with in "tokenize --vocab $work/data/vocab.txt" "detect --model $work/findings-model/discriminator" \
        "embed --model $work/findings-model/discriminator" "fill-mask --model $work/findings-model/generator"; do
        # shellcheck disable=SC2086
        "$program" $with <<<'все семьи ba [MASK]' >"$work/out" 2>"$work/err"
        code=$?
        says_note "${with%% *} of another language" 0 "are \[UNK\]"
        # shellcheck disable=SC2086
        "$program" $with <<<'ba ce di fo gu [MASK]' >"$work/out" 2>"$work/err"
        code=$?
        says_nothing "${with%% *} of its own" "are \[UNK\]"
    done
}

unknown_words
vocabularies_that_leave_out
lost_marks
single_texts
