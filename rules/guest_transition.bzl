# SPDX-License-Identifier: MIT
"""From the controller's configuration to a payload's."""

load("//toolchains:cc_binary.bzl", "ringside_toolchains_first")
load("//toolchains:declare.bzl", "guest_platform")

visibility("//...")

_EXTRA_TOOLCHAINS = "//command_line_option:extra_toolchains"
_FEATURES = "//command_line_option:features"
_PLATFORMS = "//command_line_option:platforms"

# A payload is the same whatever the controller is built with: one payload serves
# -c opt and --config=asan, and the cache keeps one. Of what changes how C is
# compiled and linked, --define alone can't be here: Bazel lets no transition set it.
_SAME_FOR_ALL = {
    "//command_line_option:compilation_mode": "fastbuild",
    "//command_line_option:conlyopt": [],
    "//command_line_option:copt": [],
    "//command_line_option:custom_malloc": None,
    "//command_line_option:cxxopt": [],
    "//command_line_option:force_pic": False,
    "//command_line_option:linkopt": [],
    "//command_line_option:per_file_copt": [],
    "//command_line_option:strip": "sometimes",
}

def _guest_transition_impl(settings, attr):
    return _SAME_FOR_ALL | {
        _EXTRA_TOOLCHAINS: ringside_toolchains_first(settings[_EXTRA_TOOLCHAINS]),
        # The whole payload is compiled alike, its library too.
        _FEATURES: getattr(attr, "payload_features", []),
        _PLATFORMS: [guest_platform(attr.guest)],
    }

guest_transition = transition(
    implementation = _guest_transition_impl,
    inputs = [_EXTRA_TOOLCHAINS],
    outputs = [_EXTRA_TOOLCHAINS, _FEATURES, _PLATFORMS] + _SAME_FOR_ALL.keys(),
)
