#!/bin/sh
# Everything from the seed: vocabulary, corpus, tokenizer, training, export, checks, model card.  About 20 minutes on two cores.
# OPENBLAS_CORETYPE: some OpenBLAS builds do not know newer processors and fall back to a slow kernel.  OMP_WAIT_POLICY: threads
# that spin while they wait make a shared machine ten times slower.
set -eu
cd "$(dirname "$0")"
PY=${PY:-python3}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-Cooperlake}
export OMP_WAIT_POLICY=PASSIVE GOMP_SPINCOUNT=0 MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TRIM_THRESHOLD_=8000000000
rm -rf build
"$PY" lexicon.py
"$PY" corpus.py
"$PY" train.py
"$PY" export.py
"$PY" check.py --write
"$PY" card.py
