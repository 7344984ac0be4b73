#!/usr/bin/env bash
# Guess: future_into_py of pyo3-async-runtimes returns a coroutine, like an `async def`: it starts when awaited, and asyncio.create_task accepts it.
# So: with pyo3-async-runtimes 0.30.0 it is a Future: the work starts at the call, create_task raises TypeError, and a call outside a running loop raises RuntimeError.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --lib --name check "$folder"
cd "$folder"
cargo add --quiet pyo3@=0.30.1 --features extension-module
cargo add --quiet pyo3-async-runtimes@=0.30.0 --features tokio-runtime
printf '[lib]\ncrate-type = ["cdylib"]\n' >>Cargo.toml
cat >src/lib.rs <<'RUST'
use pyo3::prelude::*;

#[pyfunction]
fn work(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    pyo3_async_runtimes::tokio::future_into_py(py, async { Ok(1) })
}

#[pymodule]
fn check(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(work, module)?)
}
RUST
cargo build --quiet
cp target/debug/libcheck.so check.so
python3 - <<'PYTHON'
import asyncio, check, os
async def main():
    future = check.work()
    assert isinstance(future, asyncio.Future) and not asyncio.iscoroutine(future)
    try:
        asyncio.create_task(future)
        raise SystemExit("create_task takes it now")
    except TypeError as error:
        print("create_task:", error)
    print("awaited:", await future)
asyncio.run(main())
try:
    check.work()
    raise SystemExit("needs no loop now")
except RuntimeError as error:
    print("no loop:", error, flush=True)
os._exit(0)  # the runtime's threads disturb the interpreter's usual end
PYTHON
