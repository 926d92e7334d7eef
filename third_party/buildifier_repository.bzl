# SPDX-License-Identifier: MIT
"""buildifier_repository: the pinned buildifier, from the machine's npm registry."""

_PATH = "@bazel/buildifier/-/buildifier-8.2.1.tgz"
_SHA256 = "b96ea9b13003036c801f52bee6f9b0314738f8432e5cb9d814c89f59292604ee"

# Debian has no package of buildifier, and not every machine has an npm registry.
_UNKNOWN = """buildifier can't be had: NPM_REGISTRY is "none", or this machine has no npm that knows a registry.
Fix: name one with --repo_env=NPM_REGISTRY=<URL>. Without, its test is skipped."""

_BUILD = """# SPDX-License-Identifier: MIT
filegroup(
    name = "buildifier",
    srcs = ["buildifier.sh"],
    data = {data},
    visibility = ["//visibility:public"],
)

# What needs the real one depends on this, and is skipped without.
filegroup(
    name = "npm_registry_is_known",
    target_compatible_with = {constraints},
    visibility = ["//visibility:public"],
)
"""

_WRAPPER = """#!/bin/sh
exec "${0%/*}/package/buildifier-linux_amd64" "$@"
"""

_REFUSAL = """#!/bin/sh
cat >&2 <<'END'
{}
END
exit 1
"""

def _buildifier_repository_impl(rctx):
    result = rctx.execute(["sh", rctx.path(rctx.attr._registry_finder)], environment = {
        "NPM_REGISTRY": rctx.getenv("NPM_REGISTRY", ""),
    })
    if result.return_code != 0:
        fail("\n" + result.stderr.strip())
    registry = result.stdout.strip()
    if not registry:
        # buildifier: disable=print
        print("\n" + _UNKNOWN)
        rctx.file("buildifier.sh", _REFUSAL.format(_UNKNOWN))
        rctx.file("BUILD.bazel", _BUILD.format(
            constraints = "[\"@platforms//:incompatible\"]",
            data = "[]",
        ))
        return
    download = rctx.download_and_extract(
        url = "{}/{}".format(registry, _PATH),
        sha256 = _SHA256,
        allow_fail = True,
    )
    if not download.success:
        fail(("\ncannot get buildifier from {}/{}.\n" +
              "The cause is in the warning above: no network, a registry without this file, or a file " +
              "whose sha256 is not the one in third_party/buildifier_repository.bzl.\n" +
              "Fix: check the network, name another npm registry with --repo_env=NPM_REGISTRY=<URL>, " +
              "or skip buildifier's test with --repo_env=NPM_REGISTRY=none.").format(registry, _PATH))
    rctx.file("buildifier.sh", _WRAPPER)
    rctx.file("BUILD.bazel", _BUILD.format(
        constraints = "[]",
        data = "[\"package/buildifier-linux_amd64\"]",
    ))

buildifier_repository = repository_rule(
    implementation = _buildifier_repository_impl,
    doc = """Downloads buildifier, for Ringside's own lint.

The registry's base URL comes from --repo_env=NPM_REGISTRY=URL or from the
machine's npm. With neither, or with NPM_REGISTRY=none, its test is skipped.""",
    attrs = {
        "_registry_finder": attr.label(default = "//third_party:npm_registry"),
    },
)
