# SPDX-License-Identifier: MIT
"""A payload is the same whatever options the controller is built with."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//rules:guest_transition.bzl", "guest_transition")

visibility("//rules/tests/...")

_PathInfo = provider(
    doc = "Where Bazel puts a payload: the path tells of every option that differs.",
    fields = {"path": "A path."},
)

def _payload_path_impl(ctx):
    return [_PathInfo(path = ctx.attr.payload[0][_PathInfo].path)]

_payload_path = rule(
    implementation = _payload_path_impl,
    doc = "A file's path in the configuration of payloads.",
    attrs = {
        "guest": attr.string(default = "x86_64"),
        "payload": attr.label(cfg = guest_transition),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)

def _file_impl(ctx):
    file = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(file, "")
    return [_PathInfo(path = file.path)]

_file = rule(
    implementation = _file_impl,
    doc = "A file, made in whatever configuration.",
)

def _guest_transition_test_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.equals(
        env,
        ctx.attr.reference[0][_PathInfo].path,
        analysistest.target_under_test(env)[_PathInfo].path,
    )
    return analysistest.end(env)

_guest_transition_test = analysistest.make(
    _guest_transition_test_impl,
    attrs = {
        "reference": attr.label(
            # Bazel counts among the options that a target is under test, if one has changed.
            cfg = analysis_test_transition(
                settings = {"//command_line_option:compilation_mode": "dbg"},
            ),
            doc = "The target under test, built with no option that matters.",
        ),
    },
    # What a controller may be built with.
    config_settings = {
        "//command_line_option:" + option: value
        for option, value in {
            "compilation_mode": "opt",
            "conlyopt": ["-DA"],
            "copt": ["-DA"],
            "custom_malloc": str(Label("//rules/tests:a_file")),
            "cxxopt": ["-DA"],
            "features": ["asan"],
            "force_pic": True,
            "linkopt": ["-Wl,-A"],
            "per_file_copt": [".*@-DA"],
            "platforms": [str(Label("//toolchains:guest_i386"))],
            "strip": "always",
        }.items()
    },
)

def guest_transition_test(*, name):
    """Declares the test.

    Args:
      name: its name.
    """
    _file(
        name = "a_file",
        tags = ["manual"],
    )
    _payload_path(
        name = "a_payload",
        payload = "a_file",
        tags = ["manual"],
    )
    _guest_transition_test(
        name = name,
        reference = "a_payload",
        target_under_test = "a_payload",
    )
