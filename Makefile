# Programs are built for release; tests, linting and documentation with the profile `dev`, so that dependencies are built once for them.
RELEASE := --release --locked
CHECKS := --locked --workspace
TARGET := $(or $(CARGO_TARGET_DIR),target)
PYTHON ?= python3
FUZZ_SECONDS ?= 60
# mdBook for `make book`, built from its sources outside the tree.
MDBOOK_VERSION := 0.5.4
TOOLS := $(or $(GIA_TOOLS),$(HOME)/.cache/gia/tools)
MDBOOK := $(TOOLS)/mdbook-$(MDBOOK_VERSION)
# cargo-deny for `make deny`, likewise.
DENY_VERSION := 0.20.2
DENY := $(TOOLS)/cargo-deny-$(DENY_VERSION)
PEERS := $(or $(GIA_PEERS),$(HOME)/.cache/gia/peers)
EXPORTERS := $(or $(GIA_EXPORTERS),$(HOME)/.cache/gia/exporters)
PACKAGING := $(or $(GIA_PACKAGING),$(HOME)/.cache/gia/packaging)
STRUCTURES := $(or $(GIA_STRUCTURES),$(HOME)/.cache/gia/structures)
# Where the purelib of a Python environment lies.
SITE := import sysconfig; print(sysconfig.get_path('purelib'))

.DEFAULT_GOAL := help
.PHONY: help libtorch libtorch-newest demo test test-without-libtorch check-shared check-cases check-editors check-fuzz fuzz calibrate calibrate-maps check-damaged check-mutated-data check-onnx check-networks check-structures full-size-structures structures-speed exporters-environment structures-environment check-core-aten check-spliceai bench bench-quick gpu-check peers exporters figures screenshots book fmt lint clean check-report check-tables check-python wheel check-wheel check-wheel-here packaging-environment check-mutated-scripts check-memory check-speed update doc-check deny check-packages

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

libtorch: ## fetch libtorch into .libtorch, once; with LIBTORCH set, that one is used
	@$(PYTHON) scripts/fetch_libtorch.py

libtorch-newest: ## fetch libtorch 2.13 into .libtorch-2.13, for the wheel's worker for 2.13 to 2.15
	@$(PYTHON) scripts/fetch_libtorch.py --torch 2.13

demo: libtorch ## build gia and run experiments/ctcf_pu1
	cargo build $(RELEASE)
	"$(TARGET)/release/gia" run experiments/ctcf_pu1/ctcf_pu1.gia

test: libtorch ## run every test; needs nothing beside this folder
	cargo test $(CHECKS)

test-without-libtorch: ## test everything but the worker and what runs it, on a machine without libtorch
	cargo test $(CHECKS) --exclude gia-worker --no-default-features

update: libtorch ## rewrite every recorded file; docs/testing.md says what is recorded
	UPDATE_EXPECT=1 cargo test --locked --test recorded
	git status --short

check-shared: libtorch ## run the checks on the models and data in GIA_SHARED (default ../shared)
	@shared="$${GIA_SHARED:-../shared}"; \
	GIA_SHARED="$$(cd "$$shared" 2>/dev/null && pwd)" || \
		{ echo "check-shared: there is no folder $$shared; set GIA_SHARED to the shared models and data" >&2; exit 1; }; \
	export GIA_SHARED; set -x; cargo test --locked --features shared-checks --test all shared

check-cases: libtorch ## ask every file below GIA_CASES (default ../shared/cases) again, and hold the answers against tests/cases/*.toml
	@cases="$${GIA_CASES:-../shared/cases}"; \
	GIA_CASES="$$(cd "$$cases" 2>/dev/null && pwd)" || \
		{ echo "check-cases: there is no folder $$cases; set GIA_CASES to the shared cases" >&2; exit 1; }; \
	export GIA_CASES; set -x; cargo test --locked --test recorded cases/

check-editors: ## try the grammars for editors on every script of the tree; the TextMate grammar needs node and npm
	cargo test --manifest-path editors/tree-sitter-gia/Cargo.toml --target-dir "$(TARGET)/editors"
	@if command -v node >/dev/null && command -v npm >/dev/null; then set -ex; cd editors/vscode; \
		npm install --no-package-lock --no-audit --no-fund; npm test; \
	else echo "check-editors: node or npm is missing, so the TextMate grammar was not tried" >&2; fi

check-fuzz: libtorch ## type-check the fuzz targets, which stable Rust can
	cargo check --manifest-path fuzz/Cargo.toml --target-dir "$(TARGET)/fuzz"

fuzz: libtorch ## fuzz parser and checker, FUZZ_SECONDS (default 60) each; needs nightly Rust and cargo-fuzz
	@cargo +nightly fuzz --version >/dev/null 2>&1 || \
		{ echo "fuzz: nightly Rust or cargo-fuzz is missing; see fuzz/README.md" >&2; exit 1; }
	@set -ex; for target in parse check; do \
		mkdir -p fuzz/corpus/$$target; \
		cargo +nightly fuzz run --sanitizer none --target-dir "$(TARGET)/fuzz" $$target \
			fuzz/corpus/$$target tests/diagnostics tests/plans tests/syntax -- \
			-dict=fuzz/gia.dict -max_total_time=$(FUZZ_SECONDS) -timeout=20 -max_len=4000; \
	done

calibrate: libtorch ## simulate what intervals, tests and claims promise, and write the tables of docs/statistics.md; resumes, see docs/testing.md
	cargo test $(RELEASE) --package gia-stats --test stats -- --ignored --exact --nocapture calibrate::table

calibrate-maps: libtorch ## hold intervals and p of attribution maps against 10,000 references and known truth; needs NumPy
	cargo build $(RELEASE)
	$(PYTHON) tests/oracle/attribution/calibrate.py --gia "$(TARGET)/release/gia"

check-damaged: libtorch ## read 100,000 model files with changed bytes
	cargo test $(RELEASE) --test all -- --ignored --exact --nocapture model::damaged_onnx::a_hundred_thousand_changed_files_break_nothing

check-mutated-data: libtorch ## read 10,000 FASTA, 2bit, BED, VCF and motif files with changed bytes
	cargo test $(RELEASE) --test all -- --ignored --exact --nocapture mutated_data::ten_thousand_changed_data_files_break_nothing
check-mutated-scripts: libtorch ## check, plan and format 100,000 scripts with changes in them, or those of GIA_MUTATED=FROM..TO
	cargo test $(RELEASE) --test all -- --ignored --exact --nocapture mutated::a_hundred_thousand_scripts_break_nothing

check-onnx: libtorch peers ## hold the operators of ONNX against ONNX's own tests, and write docs/onnx_nodes.md
	cargo build $(RELEASE) --bin gia-worker
	"$(PEERS)/bin/python" -W ignore tests/onnx_nodes/check.py --worker "$(TARGET)/release/gia-worker" --write docs/onnx_nodes.md

check-networks: libtorch exporters-environment ## export the networks of tests/networks and compare them with PyTorch; NETWORKS names some
	cargo build $(RELEASE)
	"$(EXPORTERS)/bin/python" -W ignore tests/networks/check.py --gia "$(TARGET)/release/gia" $(NETWORKS)

check-structures: libtorch structures-environment ## export the published structures of tests/structures and compare them with their frameworks; STRUCTURE names some
	cargo build $(RELEASE)
	"$(STRUCTURES)/bin/python" -W ignore tests/structures/check.py --gia "$(TARGET)/release/gia" $(STRUCTURE)

full-size-structures: libtorch structures-environment ## time Enformer and Borzoi at their published sizes beside PyTorch, in FOLDER (default the target folder); takes 20 GB of memory
	cargo build $(RELEASE)
	"$(STRUCTURES)/bin/python" -W ignore tests/structures/full_size.py --gia "$(TARGET)/release/gia" --folder "$(or $(FOLDER),$(TARGET)/full-size)" $(STRUCTURE)

structures-speed: libtorch structures-environment ## time plain passes of the published structures beside PyTorch; STRUCTURE names some
	cargo build $(RELEASE)
	"$(STRUCTURES)/bin/python" -W ignore tests/structures/speed.py --gia "$(TARGET)/release/gia" $(STRUCTURE)

check-core-aten: libtorch peers ## try every operator of PyTorch's core set, and write docs/core_aten.md
	cargo build $(RELEASE)
	"$(PEERS)/bin/python" -W ignore tests/networks/core_aten.py --gia "$(TARGET)/release/gia" --write docs/core_aten.md

check-spliceai: libtorch peers ## compare published delta scores of SpliceAI, with the weights of its package, with those of a script
	cargo build $(RELEASE)
	"$(PEERS)/bin/python" -W ignore tests/spliceai/check.py --gia "$(TARGET)/release/gia"

check-report: libtorch ## open the demo's page in Chromium and ask axe-core whether all can read it; needs chromium and npm
	cargo build $(RELEASE)
	tests/report/check_page.sh "$(TARGET)/release/gia"

check-python: libtorch ## test the Python package with PYTHON; needs pytest, and skips what needs packages that are not there
	cargo build $(RELEASE)
	GIA="$(TARGET)/release/gia" "$(PYTHON)" -m pytest -q python/tests

wheel: libtorch packaging-environment ## build the wheel and the archive for glibc 2.28 into dist; after `make libtorch-newest`, with both workers
	"$(PACKAGING)/bin/python" scripts/package.py --portable --out dist

check-wheel: libtorch-newest wheel ## install the wheel of dist beside PyTorch 2.10 to 2.15 and none, and run the demo there; gigabytes each
	"$(PYTHON)" scripts/check_wheel.py dist/*.whl

check-wheel-here: wheel ## the same beside the libtorch that is there, and beside none
	"$(PYTHON)" scripts/check_wheel.py dist/*.whl --torch none --packages "$(or $(patsubst %/,%,$(dir $(LIBTORCH))),.libtorch)"

packaging-environment:
	@test -x "$(PACKAGING)/bin/maturin" || { set -ex; $(PYTHON) -m venv "$(PACKAGING)"; \
		"$(PACKAGING)/bin/python" -m pip install --quiet 'maturin>=1.13,<2' 'ziglang>=0.13'; }

check-tables: libtorch ## open the demo's tables in pandas, polars and, where it is installed, R
	cargo build $(RELEASE)
	tests/report/check_tables.sh "$(TARGET)/release/gia" "$(PYTHON)"

check-memory: libtorch ## hold the memory that plans state against what runs take, and write the table of docs/memory.md; with GIA_SHARED or GIA_NETWORKS, on their networks too
	cargo build $(RELEASE)
	@set -x; $(PYTHON) benches/memory.py --gia "$(TARGET)/release/gia" --write docs/memory.md $${GIA_SHARED:+--shared "$$GIA_SHARED/models"} $${GIA_NETWORKS:+--networks "$$GIA_NETWORKS"}

bench: libtorch peers ## time gia beside tangermeme, PyTorch and onnxruntime, and write docs/performance.md
	cargo build $(RELEASE)
	"$(PEERS)/bin/python" benches/bench.py --gia "$(TARGET)/release/gia"

bench-quick: libtorch peers ## one round of the benches on parts of the long works, no page; with BEFORE=path/to/gia, that build beside this one
	cargo build $(RELEASE)
	@set -ex; if test -n "$(BEFORE)"; then "$(PEERS)/bin/python" benches/builds.py "$(BEFORE)" "$(TARGET)/release/gia"; \
	else out="$$(mktemp -d)"; "$(PEERS)/bin/python" benches/bench.py --quick --rounds 1 --gia "$(TARGET)/release/gia" --out "$$out/performance.md"; \
		rm -r "$$out"; fi

check-speed: libtorch ## compare times of work with those of a tenth of it or of other work; benches/speed.rs has the bounds
	cargo bench --locked --bench speed

gpu-check: libtorch peers ## on a machine with a CUDA device: hold it against the CPU and time it beside PyTorch
	cargo build $(RELEASE)
	"$(PEERS)/bin/python" -W ignore benches/gpu_check.py --gia "$(TARGET)/release/gia"

peers: ## make the Python environment of the benches and oracles in GIA_PEERS (default ~/.cache/gia/peers)
	@cmp -s benches/requirements.txt "$(PEERS)/requirements.txt" || { set -ex; \
		test -x "$(PEERS)/bin/python" || $(PYTHON) -m venv "$(PEERS)"; \
		"$(PEERS)/bin/python" -m pip install --requirement benches/requirements.txt; \
		cp benches/requirements.txt "$(PEERS)/requirements.txt"; }

exporters-environment: peers
	@cmp -s tests/models/exporters.txt "$(EXPORTERS)/requirements.txt" || { set -ex; \
		test -x "$(EXPORTERS)/bin/python" || "$(PEERS)/bin/python" -m venv "$(EXPORTERS)"; \
		"$(PEERS)/bin/python" -c "$(SITE)" > "$$("$(EXPORTERS)/bin/python" -c "$(SITE)")/peers.pth"; \
		"$(EXPORTERS)/bin/python" -m pip install --requirement tests/models/exporters.txt; \
		cp tests/models/exporters.txt "$(EXPORTERS)/requirements.txt"; }

structures-environment: exporters-environment
	@cmp -s tests/structures/requirements.txt "$(STRUCTURES)/requirements.txt" || { set -ex; \
		test -x "$(STRUCTURES)/bin/python" || "$(PEERS)/bin/python" -m venv "$(STRUCTURES)"; \
		{ "$(EXPORTERS)/bin/python" -c "$(SITE)"; "$(PEERS)/bin/python" -c "$(SITE)"; } \
			> "$$("$(STRUCTURES)/bin/python" -c "$(SITE)")/beneath.pth"; \
		"$(STRUCTURES)/bin/python" -m pip install --no-deps --requirement tests/structures/requirements.txt; \
		cp tests/structures/requirements.txt "$(STRUCTURES)/requirements.txt"; }

exporters: libtorch exporters-environment ## run what docs/models.md and messages say about exporting, in a Python environment in GIA_EXPORTERS (default ~/.cache/gia/exporters)
	cargo build $(RELEASE)
	"$(EXPORTERS)/bin/python" -W ignore tests/models/exporters.py
	"$(EXPORTERS)/bin/python" -W ignore tests/models/refused.py --gia "$(TARGET)/release/gia"

screenshots: libtorch ## make the pictures of the terminal in the book; needs tmux, aha and chromium
	cargo build $(RELEASE)
	scripts/screenshots.sh "$(TARGET)/release/gia" docs/figures

figures: libtorch ## make the figures of the gallery
	cargo build $(RELEASE)
	@$(PYTHON) scripts/figures.py "$(TARGET)/release/gia"

book: ## make the book of the documents, with mdBook in GIA_TOOLS (default ~/.cache/gia/tools)
	@test -x "$(MDBOOK)/bin/mdbook" || \
		cargo install mdbook --version $(MDBOOK_VERSION) --locked --no-default-features --features search --root "$(MDBOOK)"
	@$(PYTHON) scripts/book.py "$(MDBOOK)/bin/mdbook" "$(TARGET)"

fmt: ## format the Rust files
	cargo fmt

lint: libtorch ## formatting, clippy and who may use libtorch; any warning fails
	cargo fmt --check
	cargo clippy $(CHECKS) --all-targets --features shared-checks -- -D warnings
	scripts/check_layers.sh

doc-check: libtorch ## the documentation of the Rust code; any warning fails
	RUSTDOCFLAGS="-D warnings" cargo doc $(CHECKS) --no-deps --document-private-items

deny: ## licences, advisories and sources of all crates, with cargo-deny in GIA_TOOLS (default ~/.cache/gia/tools)
	@test -x "$(DENY)/bin/cargo-deny" || cargo install cargo-deny --version $(DENY_VERSION) --locked --root "$(DENY)"
	"$(DENY)/bin/cargo-deny" --locked check

check-packages: libtorch ## pack every crate, build each from what is packed, and look for the readme and the licences in it; needs a clean tree
	cargo package $(CHECKS)
	$(PYTHON) scripts/check_packages.py "$(TARGET)/package"

clean: ## remove what was built; libtorch stays
	cargo clean
