# SPDX-License-Identifier: MIT
"""A pinned source archive of Debian's as a Bazel repository."""

load("//third_party:debian_mirror.bzl", "fail_download", "find_debian_mirror")

def _debian_source_impl(rctx):
    mirror = find_debian_mirror(rctx, rctx.attr._mirror_finder)
    download = rctx.download_and_extract(
        url = "{}/{}".format(mirror, rctx.attr.path),
        sha256 = rctx.attr.sha256,
        stripPrefix = rctx.attr.strip_prefix,
        allow_fail = True,
    )
    if not download.success:
        fail_download(
            "the source of '{}'".format(rctx.name),
            mirror,
            rctx.attr.path,
            "third_party/repositories.bzl",
        )
    for patch in rctx.attr.patches:
        rctx.patch(patch, strip = 1)
    for label, path in rctx.attr.added_files.items():
        rctx.symlink(label, path)
    rctx.file("BUILD.bazel", rctx.read(rctx.attr.build_file))

debian_source = repository_rule(
    implementation = _debian_source_impl,
    doc = """Downloads and unpacks an upstream source archive from a Debian mirror.

The mirror's base URL comes from --repo_env=DEBIAN_MIRROR=URL or from the
machine's apt configuration.""",
    attrs = {
        "added_files": attr.label_keyed_string_dict(
            allow_files = True,
            doc = "Files of ours, each with its path in the repository.",
        ),
        "build_file": attr.label(
            mandatory = True,
            allow_single_file = True,
            doc = "The repository's BUILD.bazel.",
        ),
        "patches": attr.label_list(
            allow_files = True,
            doc = "Patches of ours, each with its reason on top.",
        ),
        "path": attr.string(
            mandatory = True,
            doc = "The archive's path on a mirror, from pool/ on.",
        ),
        "sha256": attr.string(
            mandatory = True,
            doc = "The archive's sha256.",
        ),
        "strip_prefix": attr.string(
            doc = "The archive's folder that becomes the repository's root.",
        ),
        "_mirror_finder": attr.label(default = "//third_party:debian_mirror"),
    },
)
