# SPDX-License-Identifier: MIT
"""From the controller's configuration to a payload's."""

load("//toolchains:declare.bzl", "guest_platform")

visibility("//...")

def _guest_transition_impl(_settings, attr):
    return {
        # A payload is the same whatever the controller is built with: one
        # payload serves -c opt and --config=asan, and the cache keeps one.
        "//command_line_option:compilation_mode": "fastbuild",
        "//command_line_option:copt": [],
        # The whole payload is compiled alike, its library too.
        "//command_line_option:features": getattr(attr, "payload_features", []),
        "//command_line_option:linkopt": [],
        "//command_line_option:platforms": [guest_platform(attr.guest)],
    }

guest_transition = transition(
    implementation = _guest_transition_impl,
    inputs = [],
    outputs = [
        "//command_line_option:compilation_mode",
        "//command_line_option:copt",
        "//command_line_option:features",
        "//command_line_option:linkopt",
        "//command_line_option:platforms",
    ],
)
