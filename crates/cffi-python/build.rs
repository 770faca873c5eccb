//! Makes PyO3's `Py_3_13` and the like known here, for the version shims.

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
}
