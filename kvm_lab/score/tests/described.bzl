# SPDX-License-Identifier: MIT
"""described: what the score is told of a test."""

load("//kvm_lab/score:describe.bzl", "describe")

visibility("//kvm_lab/score/tests")

def _described_impl(ctx):
    return [DefaultInfo(files = depset([
        file
        for file in ctx.attr.test[OutputGroupInfo].ringside_score.to_list()
        if file.basename == ctx.attr.test.label.name + ".score"
    ]))]

described = rule(
    implementation = _described_impl,
    doc = "The description of a test, as the score reads it.",
    attrs = {
        "test": attr.label(
            mandatory = True,
            aspects = [describe],
            doc = "The test.",
        ),
    },
)
