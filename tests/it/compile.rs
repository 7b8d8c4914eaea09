//! What must not compile.

/// The promise that everything rests on: without an output bucket and a KMS key there is no job.
#[test]
fn unsealed_jobs_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile/*.rs");
}
