# What the scripts that compare with other programs have in common: sourced with `here`, the project's root, set.

# Sets `python`: PYTHON, or python3, where the modules can be imported there; else an environment NAME in .build, made once.
find_python() {  # find_python NAME MODULE...
    local modules environment="$here/.build/$1"
    shift
    modules=$(IFS=,; echo "$*")
    python="${PYTHON:-python3}"
    if ! "$python" -c "import $modules" 2>/dev/null; then
        [ -x "$environment/bin/python" ] || "$python" -m venv "$environment"
        "$environment/bin/python" -c "import $modules" 2>/dev/null || "$environment/bin/pip" install --quiet "$@"
        python="$environment/bin/python"
    fi
}

# Sets `program`: ELECTRA_DIST, or a release build.
find_program() {
    program="${ELECTRA_DIST:-}"
    if [ -z "$program" ]; then
        swift build --package-path "$here" -c release --product electra-dist >&2
        program="$here/.build/release/electra-dist"
    fi
}
