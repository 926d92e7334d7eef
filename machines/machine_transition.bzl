# SPDX-License-Identifier: MIT
"""From any configuration to that of an emulated machine."""

def _machine_transition_impl(_settings, _attr):
    # Where tests run makes no difference to the machines: one snapshot serves
    # all of --config=amd, --config=host and neither.
    return {"//machines:machine": "auto"}

machine_transition = transition(
    implementation = _machine_transition_impl,
    inputs = [],
    outputs = ["//machines:machine"],
)
