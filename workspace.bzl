# SPDX-License-Identifier: MIT
"""What another repository's WORKSPACE calls.

    load("@ringside//:workspace.bzl", "ringside_dependencies", "ringside_toolchains")

    ringside_dependencies()

    ringside_toolchains()
"""

load("//third_party:bazel_version.bzl", "bazel_version_error")
load("//third_party:repositories.bzl", "ringside_repositories")

def ringside_dependencies():
    """Declares the repositories that Ringside needs, and refuses a Bazel that it does not work with.

    Nothing is fetched before it is used. A repository that the workspace has
    declared before stays as it is.
    """
    error = bazel_version_error(native.bazel_version)
    if error:
        fail(error)
    ringside_repositories()

# It declares nothing that could have a name.
# buildifier: disable=unnamed-macro
def ringside_toolchains():
    """Registers the C and C++ toolchains of controllers and payloads."""
    native.register_toolchains(str(Label("//toolchains:all")))
