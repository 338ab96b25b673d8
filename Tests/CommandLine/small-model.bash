# shellcheck shell=bash disable=SC2154
# The small model with a vocabulary of BERT's size: what it costs in memory, and what an untrained one loses.

small=(--preset small --set layers=12 --set generator_layers=12)

# The special pieces, the corpus's own words (all frequent), and as many others as it takes.
write_large_vocabulary() {  # write_large_vocabulary FILE
    awk '{ print } END { for (i = NR; i < 30522; i++) print "##x" i }' "$work/data/vocab.txt" >"$1"
}

first_loss() {
    local loss
    pretrain 1 1 untrained "${small[@]}" --batch 8 --slices 4 --steps 1 --evaluate-every 0 --data "$work/large"
    loss=$(field untrained total_loss)
    if awk -v found="${loss:-0}" 'BEGIN { wanted = log(30522) + 50 * log(2); exit !(found > 0.95 * wanted && found < 1.05 * wanted) }'
    then
        pass "an untrained small model loses $loss, within 5 % of log 30522 + 50 log 2 = 44.98"
    else
        fail "an untrained small model loses log 30522 + 50 log 2 = 44.98" "found $loss, exit code $code"
    fi
}

resident_memory() {
    local resident
    run_counted 0 "${tiny[@]}" --data "$work/long" --run "$work/resident" "${small[@]}" --batch 32 --threads 1 --steps 1 \
        --set max_length=128 --set evaluation_sequences=8 --evaluate-every 1
    resident=$(counted resident)
    if [[ $code -eq 0 && $resident -gt 50000 && $resident -lt 1000000 ]]; then
        pass "preset small, batch 32, one rank: $((resident / 1000)) MB resident, below 1 GB"
    else
        fail "preset small, batch 32, one rank: below 1 GB resident" "$resident KiB, exit code $code"
    fi
}

write_large_vocabulary "$work/large.txt"
prepare large --corpus "$work/corpus.txt" --vocab "$work/large.txt" --max-length 64 --held-out 0.05
prepare long --corpus "$work/corpus.txt" --vocab "$work/large.txt" --max-length 128 --held-out 0.05
first_loss
build_counter
resident_memory
