# One command for each errand. Every target makes its own virtual environment first.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint .ci/constraints.txt
SERVE ?= 1
ARGS ?=
# Compiled modules are kept, whatever the shell says: without them each process of ours takes seconds longer to start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install demo cluster-demo run test check fix bench floors lock wheel licences sbom docs

.venv/.runtime: pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(PIP) --editable .
	@$(PIP) --only-binary :all: --editable '.[embeddings]' || echo "No word vectors for this Python: suggestions do without them."
	@touch $@

.venv/.dev: .venv/.runtime
	$(PIP) --editable . --group dev
	@touch $@

install: .venv/.dev  ## virtual environment, the package, what developers need, and the commit hook
	$(BIN)/pre-commit install

demo: .venv/.runtime  ## the whole job on a built-in sample web, offline; SERVE=0 ends instead of serving
	$(BIN)/python -m pipeline.demo $(if $(filter 0,$(SERVE)),--no-serve)

.venv/.cluster: .venv/.runtime
	$(PIP) --editable '.[cluster]'
	@touch $@

cluster-demo: .venv/.cluster  ## harvest the sample web with a Dask scheduler and two workers on loopback
	$(BIN)/python -m pipeline.demo.cluster

run: .venv/.runtime  ## harvest your sources.yaml, then serve the desk
	$(BIN)/gleanings harvest || [ $$? -eq 4 ]
	$(BIN)/gleanings serve

check: .venv/.dev  ## format, lint, types, import contracts: seconds
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check  ## everything that must hold; make test ARGS="-k dedupe"
	$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),--numprocesses auto --dist loadfile --no-loadscope-reorder --cov --cov-report=term:skip-covered)

docs: .venv/.dev  ## the pages of docs/ as a site in build/site, what is made from the program first
	$(BIN)/python docs/site/reference.py
	$(BIN)/python -m mkdocs build --strict --quiet --config-file docs/site/mkdocs.yml

fix: .venv/.dev  ## put format and simple findings right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.dev  ## the figures of benchmarks/README.md, measured here and now
	$(BIN)/python -m benchmarks

floors: .venv/.dev  ## measure the heuristics against tests/floors.json
	$(BIN)/python -m pytest -m floors

lock: .venv/.dev  ## write down the versions in use; Debian 12 has Python 3.11.2, which the newest soupsieve refuses
	$(BIN)/python -m pip freeze --exclude-editable | grep -v ' @ ' | sed 's/^soupsieve==.*/&; python_full_version >= "3.11.5"/' > .ci/constraints.txt

wheel: .venv/.dev  ## build dist/gleanings-….whl; the same commit gives the same bytes
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m hatchling build -t wheel -d dist

licences: .venv/.runtime  ## list the licences of what Gleanings brings with it; fails where one would bind who passes it on
	$(BIN)/python .ci/licences.py

sbom: .venv/.runtime  ## write dist/sbom.cdx.json (CycloneDX): what a user installs, without what developers need
	.ci/sbom dist/sbom.cdx.json
