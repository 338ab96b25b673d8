import ArgumentParser
import ElectraFineTuning
import ElectraKernels
import ElectraPretraining
import ElectraTraining

extension CompletionKind {
    static var precision: CompletionKind { .list(ProductPrecision.allCases.map(\.rawValue)) }
    /// "batch=", for `--set`.
    static var field: CompletionKind { .list(RunConfiguration.fields.map { $0.key + "=" }) }
    /// The same of a fine-tuning run.
    static var fineTuningField: CompletionKind { .list(FineTuningConfiguration.fields.map { $0.key + "=" }) }
}

extension ElectraDist {
    /// What `--generate-completion-script bash` prints, and for zsh and fish. The parser's scripts put a space behind the "="
    /// of a field, and know of one path only where --corpus takes several.
    static func completionScript(_ shell: CompletionShell) -> String {
        let script = completionScript(for: shell)
        return switch shell {
        case .bash:
            script.replacing(
                "complete -o filenames -F _electra-dist electra-dist",
                with: #"""
                    _electra-dist_words() {
                        _electra-dist "${@}"
                        local word option=""
                        for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
                            [[ "${word}" = -* ]] && option="${word}"
                        done
                        if [[ "${option}" = --corpus && "${3}" != --corpus && "${2}" != -* ]]; then
                            while IFS='' read -r word; do COMPREPLY+=("${word}"); done < <(compgen -f -- "${2}")
                        fi
                        if [[ "${#COMPREPLY[@]}" -eq 1 && "${COMPREPLY[0]}" = *= ]]; then compopt -o nospace; fi
                    }

                    complete -o filenames -F _electra-dist_words electra-dist
                    """#)
        case .zsh:
            // One path, and fifteen that need not be: zsh's words for "any number up to an option" eat that option.
            script.replacing(
                ":path:_files'", with: ":path:_files" + String(repeating: "::path:_files", count: 15) + "'"
            )
            .replacing(#"{__electra-dist_complete "${___set[@]}"}"#, with: #"{compadd -S "" -- "${___set[@]}"}"#)
        case .fish:
            script + #"""


                function __electra-dist_last_option_is_corpus
                    set -l options (string match -- '-*' (commandline -opc))
                    test "$options[-1]" = --corpus
                end
                complete -c 'electra-dist' -n '__electra-dist_last_option_is_corpus' -F
                """#
        default: script
        }
    }
}
