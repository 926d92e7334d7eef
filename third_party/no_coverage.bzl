# SPDX-License-Identifier: MIT
"""no_coverage: stands where Bazel would fetch its tools for "bazel coverage" from."""

def _no_coverage_impl(_rctx):
    fail("\nRingside measures no coverage yet, neither of controllers nor of payloads.\n" +
         "Fix: run the same with ./bazelw test.")

no_coverage = repository_rule(
    implementation = _no_coverage_impl,
    doc = "A repository that says why it can't be had.",
)
