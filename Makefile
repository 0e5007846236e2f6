# make demo: set everything up and run the main job; make test: set everything up and run the tests.
OUT ?= demo
ARGS ?=

# make demo-tagging: tasks and languages on one encoder; make demo-merging: adapters made of others
.PHONY: demo demo-tagging demo-merging test check set-up

set-up:
	@sh scripts/set_up.sh

demo: set-up
	.venv/bin/hyperadapters demo --out $(OUT) $(ARGS)

demo-tagging: set-up
	.venv/bin/hyperadapters demo-tagging $(ARGS)

demo-merging: set-up
	.venv/bin/hyperadapters demo-merging $(ARGS)

# two workers, each with whole files, so that what the tests of a file share is trained once
test: set-up
	.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: set-up
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy
