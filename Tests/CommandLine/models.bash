# shellcheck shell=bash disable=SC2154
# From a corpus to a vocabulary; from a run to Hugging Face folders and back; trained networks at work on text.

feed() {  # feed FILE ARGUMENT...: as run, without mpirun, with a file as its standard input
    local input=$1
    shift
    timeout --kill-after=5 "$seconds_allowed" "$program" "$@" >"$work/out" 2>"$work/err" <"$input"
    code=$?
}

refused_once() {  # refused_once NAME CODE PATTERN ARGUMENT...
    local name=$1 wanted=$2 pattern=$3
    shift 3
    run 0 "$@"
    if [[ $code -eq $wanted && $(wc -l <"$work/err") -eq 1 ]] && grep -q -- "^electra-dist: error: .*$pattern" "$work/err"; then
        pass "$name: $code, $(sed "s|$work/||g; s/^electra-dist: error: //" "$work/err")"
    else
        fail "$name: one line with '$pattern', exit code $wanted"
    fi
}

vocabularies() {
    local threads
    for threads in 1 2 3; do
        run 0 vocabulary --corpus "$work/corpus.txt" --size 300 --unused 9 --threads "$threads" --output "$work/v$threads.txt"
        same "a vocabulary on $threads threads" "0 300" "$code $(wc -l <"$work/v$threads.txt")"
        cmp -s "$work/v1.txt" "$work/v$threads.txt" || fail "the same vocabulary on 1 and $threads threads" "they differ"
    done
    same "its reserved pieces" "[PAD] [unused0] [unused8] [UNK] [CLS] [SEP] [MASK]" \
        "$(sed -n '1p;2p;10,14p' "$work/v1.txt" | xargs)"
    run 0 prepare --corpus "$work/corpus.txt" --vocabulary-size 300 --output "$work/made"
    same "prepare says what vocabulary it made" "0 made a vocabulary of 300 pieces" "$code $(grep vocabulary "$work/out")"
    refused_once "a vocabulary of nothing" 74 "No such file" vocabulary --corpus "$work/nowhere" --output "$work/v.txt"
    printf '\n \n' >"$work/empty.txt"
    refused_once "a vocabulary of no words" 65 "no word in this corpus" vocabulary --corpus "$work/empty.txt" --output "$work/v.txt"
    refused_once "a vocabulary nowhere" 74 "cannot be created" vocabulary --corpus "$work/corpus.txt" --output "$work/no/v.txt"
    refused_once "a vocabulary too small" 64 "64 to" vocabulary --corpus "$work/corpus.txt" --size 7 --output "$work/v.txt"
}

exports() {
    pretrain 2 1 exported --steps 6 --save-every 3
    run 0 export --run "$work/exported" --output "$work/model"
    same "export" "0 config.json generator_config.json" \
        "$code $(cd "$work/model" && ls discriminator/config.json generator/config.json | xargs -n 1 | sed 's|discriminator/||; s|/|_|' | xargs)"
    run 0 export --run "$work/exported/checkpoints/step-00000003" --output "$work/model3"
    same "export of a checkpoint" 0 "$code"
    cmp -s "$work/model/discriminator/model.safetensors" "$work/model3/discriminator/model.safetensors"
    same "an older checkpoint has other weights (cmp: 1; 2 where a file is missing)" 1 $?
    run 0 export --run "$work/exported" --output "$work/model3"
    same "an export takes the place of another" "0 same" \
        "$code $(cmp -s "$work/model/generator/model.safetensors" "$work/model3/generator/model.safetensors" && echo same)"
    cp -r "$work/model3" "$work/flipped"
    printf 'x' | dd of="$work/flipped/discriminator/model.safetensors" bs=1 seek=300000 conv=notrunc status=none
    refused_once "one byte of an exported model changed" 65 "model.safetensors: expected checksum .*export the model again" \
        detect --model "$work/flipped" --text "ba"
    # Somebody's own copies, beside what export writes.
    cp -r "$work/model3/discriminator" "$work/model3/discriminator.old"
    cp -r "$work/model3/generator" "$work/model3/generator.partial"
    run 0 export --run "$work/exported" --output "$work/model3"
    same "an export leaves other folders alone" "0 discriminator discriminator.old generator generator.partial" \
        "$code $(ls -A "$work/model3" | xargs)"
    refused_once "export of no run" 65 "neither a run nor a checkpoint" export --run "$work/data" --output "$work/m"
    mkdir -p "$work/foreign/discriminator"
    refused_once "export into a data set" 64 "data: is a data set, run or checkpoint" export --run "$work/exported" --output "$work/data"
    refused_once "export into a run" 64 "exported: is a data set, run or checkpoint" export --run "$work/exported" --output "$work/exported"
    refused_once "export over something else" 64 "not what export wrote" export --run "$work/exported" --output "$work/foreign"
    cp -r "$work/model3" "$work/kept"
    touch "$work/kept/discriminator/pytorch_model.bin"
    refused_once "export over a model with other files" 64 "pytorch_model.bin" export --run "$work/exported" --output "$work/kept"
    rm "$work/kept/discriminator/pytorch_model.bin" "$work/kept/discriminator/README.md"
    refused_once "export over a model of another program" 64 "no README.md of it" export --run "$work/exported" --output "$work/kept"
}

# What config.json claims is compared with the weights before memory is taken for it.
claims() {
    cp -r "$work/model" "$work/claims"
    sed -i 's/"vocab_size": [0-9]*/"vocab_size": 16000000/' "$work/claims/discriminator/config.json"
    refused_once "a model of fewer weights than it claims" 65 "word_embeddings.weight has the shape .*, expected .16000000" \
        detect --model "$work/claims" --text "ba ce"
    mv "$work/claims/generator/model.safetensors" "$work/claims/generator/pytorch_model.bin"
    refused_once "weights to convert" 64 "from transformers import ElectraForMaskedLM as M" \
        fill-mask --model "$work/claims" --text "ba [MASK]"
}

# What --vocab takes, beside a vocab.txt; and files that are something else.
named_vocabularies() {
    local named expected first
    first=$(head -n 1 "$work/corpus.txt")
    printf '%s\n' "$first" >"$work/first"
    feed "$work/first" tokenize --ids --vocab "$work/model/discriminator/vocab.txt"
    expected=$(cat "$work/out")
    for named in model model/generator model/discriminator/tokenizer.json exported data; do
        feed "$work/first" tokenize --ids --vocab "$work/$named"
        same "--vocab $named" "0 $expected" "$code $(cat "$work/out")"
    done
    cp -r "$work/model/discriminator" "$work/wild"
    rm "$work/wild/vocab.txt"
    prepare from_folder --corpus "$work/corpus.txt" --vocab "$work/wild" --max-length 64
    same "prepare with a folder without vocab.txt" "0 same" \
        "$code $(cmp -s "$work/from_folder/vocab.txt" "$work/model/discriminator/vocab.txt" && echo same)"
    refused_once "--cased against a folder" 64 "its tokenizer is uncased, and --cased asks for cased" \
        prepare --corpus "$work/corpus.txt" --vocab "$work/wild" --cased --output "$work/never"
    { cat "$work/model/discriminator/vocab.txt"; printf '\nzz\nzz\n'; } >"$work/odd.txt"
    run 0 prepare --corpus "$work/corpus.txt" --vocab "$work/odd.txt" --output "$work/odd"
    same "prepare with blank and doubled lines says so" "0 1" "$code $(grep -c 'note: .*1 blank line and 1 doubled line' "$work/err")"
    printf '<unk>\t0\n<s>\t0\n\xe2\x96\x81the\t-3.2\n' >"$work/spm.vocab"
    refused_once "SentencePiece's table" 65 "looks like SentencePiece's table" tokenize --vocab "$work/spm.vocab"
    printf '{"a": 0, "b": 1}' >"$work/vocab.json"
    refused_once "a vocab.json" 65 "pieces and their numbers" tokenize --vocab "$work/vocab.json"
    printf 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n' >"$work/wild/model.safetensors"
    refused_once "a Git LFS pointer" 65 "found a Git LFS pointer.*git lfs pull" detect --model "$work/wild" --text "ba"
    printf '<!DOCTYPE html><html></html>' >"$work/wild/config.json"
    refused_once "an HTML page" 65 "config.json: expected one JSON object, found an HTML page" detect --model "$work/wild" --text "ba"
}

imports() {
    local ranks expected=""
    local from=(--from-discriminator "$work/model" --from-generator "$work/model/generator" --steps 6)
    for ranks in 0 1 2 3; do
        pretrain "$ranks" 1 "imported$ranks" "${from[@]}"
        [[ -n $expected ]] || expected=$(fingerprint)
        same "a run from imported weights on $ranks ranks" "0 $expected" "$code $(fingerprint)"
    done
    pretrain 2 1 imported1 "${from[@]}"
    same "the same command again" "0 $expected" "$code $(fingerprint)"
    prepare few --corpus "$work/corpus.txt" --vocab "$work/v1.txt" --max-length 64
    refused_once "import into another vocabulary" 64 "prepare the text again" "${tiny[@]}" "${from[@]}" \
        --data "$work/few" --run "$work/never"
    run 0 pretrain --list-fields --from-generator "$work/model/generator"
    same "the preset of a generator alone" 'preset = "tiny"' "$(grep '^preset' "$work/out")"
    refused_once "a generator as discriminator" 64 "holds a generator" "${tiny[@]}" --run "$work/never" \
        --from-discriminator "$work/model/generator"
}

# What is marked is what --json calls replaced, at a threshold that divides the tokens.
marks() {
    local threshold replaced
    feed "$work/texts" detect --model "$work/model" --json
    threshold=$(grep -o '"probability": [0-9.e-]*' "$work/out" | sort -g -k 2 | awk '{ all[NR] = $2 } END { print all[int(NR / 2)] }')
    feed "$work/texts" detect --model "$work/model" --json --threshold "$threshold"
    replaced=$(grep -o '"token": [^}]*"replaced": true' "$work/out" | sed 's/"token": "\(##\)\?\([^"]*\)".*/\2/' | tr -d '\n')
    if grep -q '"replaced": false' "$work/out" && [[ -n $replaced ]]; then
        pass "a threshold of $threshold divides the tokens"
    else
        fail "a threshold of $threshold divides the tokens"
    fi
    feed "$work/texts" detect --model "$work/model" --threshold "$threshold"
    same "what is replaced is marked" "$replaced" "$(grep -o '>>[^<]*<<' "$work/out" | sed 's/>>//; s/<<//' | tr -d '\n')"
    same "marks leave the text as it is" "" "$(sed 's/>>//g; s/<<//g' "$work/out" | cmp - "$work/texts" 2>&1)"
    refused_once "a threshold above 1" 64 "\-\-threshold 7.0: expected a probability, from 0 to 1" \
        detect --model "$work/model" --threshold 7 --text "ba ce"
}

networks_at_work() {
    local command threads first
    sed -n '1,40p' "$work/corpus.txt" >"$work/texts"
    sed 's/^[a-z]* \([a-z]*\)/[MASK] \1/' "$work/texts" >"$work/masked"
    for command in "detect" "detect --json" "fill-mask" "fill-mask --json --top 3" "embed" "embed --vectors tokens"; do
        first=""
        for threads in 1 2 3; do
            # shellcheck disable=SC2086
            feed "$([[ $command == fill* ]] && echo "$work/masked" || echo "$work/texts")" $command --model "$work/model" \
                --threads "$threads"
            if [[ -z $first ]]; then
                cp "$work/out" "$work/first"
                first=$(wc -l <"$work/out")
            fi
            cmp -s "$work/first" "$work/out" && [[ $code -eq 0 && $first -ge 40 ]] \
                || { fail "$command with $threads threads gives the same"; continue 2; }
        done
        pass "$command: $first lines, the same with 1, 2 and 3 threads"
    done
    marks
    feed "$work/texts" embed --model "$work/model" --vectors mean --output "$work/x.npy"
    same "vectors as NumPy array" "0 $((128 + $(wc -l <"$work/texts") * 128 * 4))" "$code $(stat -c %s "$work/x.npy")"
    feed /dev/null detect --model "$work/model"
    same "no text, no output" "0 0" "$code $(stat -c %s "$work/out")"
    refused_once "a discriminator that fills masks" 64 "a generator is needed" fill-mask --model "$work/model/discriminator" --text "[MASK]"
    refused_once "a mistyped option" 64 "unknown option '--modle'. Did you mean '--model'" detect --modle "$work/model"
    refused_once "a missing option" 64 "missing expected argument '--model" detect --text "ba ce"
    refused_once "a text without a mask" 64 "no \[MASK\] in it" fill-mask --model "$work/model" --text "ba ce"
    refused_once "a model that is none" 65 "no config.json, so this is no model" detect --model "$work/data" --text "ba ce"
    refused_once "a model that is a file" 65 "a file found" detect --model "$work/texts" --text "ba ce"
    refused_once "a model that is nowhere" 74 "no such folder" detect --model "$work/nowhere" --text "ba ce"
}

# Who writes a line gets its answer before writing the next.
answers_at_once() {
    local answer count=0
    coproc "$program" detect --model "$work/model" --threads 2 --json
    for text in "ba ce di" "fo gu" "ha"; do
        echo "$text" >&"${COPROC[1]}"
        IFS= read -r -t 20 -u "${COPROC[0]}" answer && [[ $answer == "{\"text\": \"$text\""* ]] && count=$((count + 1))
    done
    same "each line is answered at once" 3 "$count"
    eval "exec ${COPROC[1]}>&-"
    wait "$COPROC_PID" 2>/dev/null
}

memory_is_bounded() {
    local small large
    build_counter
    resident_with() {  # resident_with FILE
        rm -f "$work"/counts.*
        env "LD_PRELOAD=$work/count-allocations.so" "ALLOCATIONS_FILE=$work/counts" "$program" embed --model "$work/model" \
            --threads 2 <"$1" >/dev/null 2>&1
        counted resident
    }
    # Of fewer texts not every thread has had its share yet.
    for _ in {1..50}; do cat "$work/texts"; done >"$work/many-texts"
    for _ in {1..5}; do cat "$work/many-texts"; done >"$work/more-texts"
    small=$(resident_with "$work/many-texts")
    large=$(resident_with "$work/more-texts")
    if [[ $small -gt 1000 && $large -lt $((small + 20000)) ]]; then
        pass "memory does not grow with the input: $((small / 1000)) MB, and $((large / 1000)) MB for 5 times the text"
    else
        fail "memory does not grow with the input" "$small KiB for $(wc -l <"$work/many-texts") lines, $large KiB for 5 times as many"
    fi
}

# The preset of a folder is told by its sizes.
tiny+=(--set layers=4 --set generator_layers=4)
vocabularies
exports
claims
named_vocabularies
imports
networks_at_work
answers_at_once
memory_is_bounded
