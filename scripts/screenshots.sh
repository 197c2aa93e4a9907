#!/usr/bin/env bash
# Pictures of the terminal for the book: a session of the prompt, and a mistake that is told, as tmux shows them.
# Usage: screenshots.sh GIA FOLDER; needs tmux, aha (package `aha`) and chromium.
set -euo pipefail
gia=$(realpath "$1")
folder=$(realpath "$2")
root=$(cd "$(dirname "$0")/.." && pwd)
for tool in tmux aha chromium; do
    command -v "$tool" >/dev/null || { echo "screenshots: $tool is missing" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'tmux -L gia-book kill-server 2>/dev/null || true; rm -r "$work"' EXIT

# screen NAME COLUMNS LINES: what the terminal shows, as NAME.png.
screen() {
    tmux -L gia-book capture-pane -t book -p -e >"$work/$1.ansi"
    aha --black --title "$1" <"$work/$1.ansi" |
        sed 's|<pre>|<pre style="font: 15px/1.25 DejaVu Sans Mono, monospace; margin: 12px; color: #ddd">|' >"$work/$1.html"
    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-background-networking \
        --user-data-dir="$work/profile" --window-size="$(($2 * 9 + 30)),$(($3 * 19 + 30))" \
        --screenshot="$folder/$1.png" "file://$work/$1.html" 2>/dev/null
}

# type TEXT: as a person would, with the time that a run may take.
type() {
    tmux -L gia-book send-keys -t book -l "$1"
    tmux -L gia-book send-keys -t book Enter
    sleep "${2:-1}"
}

cd "$root/experiments/ctcf_pu1"
export TERM=xterm-256color XDG_STATE_HOME="$work/state"
tmux -L gia-book -f /dev/null new-session -d -s book -x 92 -y 34 "env PS1='$ ' PATH='$(dirname "$gia"):$PATH' bash --norc --noprofile"
tmux -L gia-book set -g default-terminal xterm-256color
sleep 1
type "gia repl"
type 'model net = load("ctcf_pu1.pt2")'
type 'motif ctcf = "CCACCAGGGGGCGC"'
type 'ctcf'
type 'experiment site { background uniform(length: 100bp); sample 500; embed ctcf at center; measure net["CTCF"] }' 4
screen terminal_prompt 92 34
type ':quit'
type clear
type 'gia check - <<< "let x = 1bp + 2"'
screen terminal_check 92 13
