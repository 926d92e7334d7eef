# SPDX-License-Identifier: MIT
"""From a test's configuration to that of the machines and the runner."""

def _machine_transition_impl(_settings, _attr):
    return {
        # A machine is the same whatever the controller is built with: one
        # snapshot serves -c opt and --config=asan, and the cache keeps one.
        "//command_line_option:collect_code_coverage": False,
        "//command_line_option:compilation_mode": "opt",
        "//command_line_option:copt": [],
        "//command_line_option:features": [],
        "//command_line_option:linkopt": [],
    }

machine_transition = transition(
    implementation = _machine_transition_impl,
    inputs = [],
    outputs = [
        "//command_line_option:collect_code_coverage",
        "//command_line_option:compilation_mode",
        "//command_line_option:copt",
        "//command_line_option:features",
        "//command_line_option:linkopt",
    ],
)
