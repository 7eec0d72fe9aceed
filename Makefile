# `make run` and `make test` are all there is to know; each makes .venv and installs everything first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PLUGINS := plugins/models_bethy plugins/transport plugins/obs_co2 plugins/obs_xco2 plugins/obs_sm plugins/obs_vod plugins/obs_fapar plugins/obs_sif \
	plugins/obs_flux plugins/models_dalec plugins/models_pmodel plugins/methods plugins/readers plugins/engine_native plugins/recipes_ccdas plugins/ccdas
# with the extras that tests and examples need
comma := ,
EXTRAS := $(patsubst plugins/readers,plugins/readers[geotiff$(comma)workbooks],$(PLUGINS:plugins/methods=plugins/methods[nuts]))
# written against the public interface only; `make alone` tries each with the framework and no other
ALONE ?= plugins/transport plugins/obs_fapar plugins/obs_sif plugins/obs_flux plugins/models_dalec plugins/models_pmodel plugins/methods plugins/readers plugins/engine_native plugins/recipes_ccdas
OUT ?= runs/demo
# folder of published data for tests on real files: that of the environment, else one beside the repository
CCDAS_DATA ?= $(abspath $(wildcard ../shared/data))
export CCDAS_DATA
# tests start many processes, and without bytecode each of them compiles every module
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install run test alone lowest packages check docs science results bench clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml $(PLUGINS:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"Python 3.11 or newer is needed, {sys.executable} is {v[0]}.{v[1]}; say which with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e '.[jax,report,docs,dev]' $(EXTRAS:%=-e './%')
	@touch $@

run: install
	$(BIN)/ccdas run --obs co2,sm,vod --out $(OUT) --overwrite

test: install
	$(BIN)/python -m pytest -n 2 -m 'not science'
	$(BIN)/python scripts/alone.py $(ALONE)

# each of ALONE in an environment with the framework and nothing else of ccdas
alone: install
	$(BIN)/python scripts/alone.py $(ALONE)

# the framework and the readers with the lowest versions that the packages accept
LOWEST := build/lowest
lowest: install
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv venv --quiet --clear --python $(PYTHON) $(LOWEST)
	$(BIN)/uv pip install --quiet --python $(LOWEST) --resolution lowest-direct \
		-e '.[jax,dask,report,fetch]' $(patsubst %,-e './%',$(filter-out %/models_pmodel %/engine_native %/ccdas,$(EXTRAS:plugins/methods[nuts]=plugins/methods)))
	$(BIN)/uv pip install --quiet --python $(LOWEST) pytest pytest-xdist hypothesis jsonschema
	$(LOWEST)/bin/python -m pytest -p no:cacheprovider -n 2 -m 'not science' tests/unit plugins/readers

# wheels and source distributions of all packages in build/packages, as for the package index
packages: install
	$(BIN)/python -m pip install --quiet build twine
	rm -rf build/packages
	for folder in . $(PLUGINS); do $(BIN)/python -m build --outdir build/packages $$folder || exit 1; done
	$(BIN)/twine check --strict build/packages/*

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# the documentation as a site in build/site; a warning is an error
docs: install
	PYTHONPATH=. $(BIN)/mkdocs build --quiet --strict --site-dir build/site

# long runs on whole grids and real input
science: install
	$(BIN)/python -m pytest -m science

# every result of docs/results.md again, from the published data in DATA; several hours
results: install
	@test -d "$(DATA)" || { echo "DATA names no folder; say which: make results DATA=DIR"; exit 2; }
	$(BIN)/python scripts/make_results.py --data $(DATA) --out runs/results

# speed, memory and work of the model beside stored figures; 15 minutes on two quiet cores, BENCH=quick 3
bench: install
	$(BIN)/python benchmarks/bench.py $(if $(filter quick,$(BENCH)),--quick)

clean:
	rm -rf $(VENV) runs
