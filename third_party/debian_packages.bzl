# SPDX-License-Identifier: MIT
"""Pinned Debian packages as a Bazel repository."""

load("//third_party:debian_mirror.bzl", "fail_download", "find_debian_mirror")

def _locked_packages(rctx):
    """Reads the packages of this repository's set from the lock file."""
    packages = []
    for line in rctx.read(rctx.attr.lock).split("\n"):
        if not line or line.startswith("#"):
            continue
        fields = line.split(" ")
        if len(fields) != 6:
            fail("{}: expected 6 fields in line '{}'; run third_party/update_lock".format(
                rctx.attr.lock,
                line,
            ))
        if fields[0] == rctx.attr.package_set:
            packages.append(struct(name = fields[1], path = fields[4], sha256 = fields[5]))
    if not packages:
        fail("{} has no set '{}'; add it to third_party/packages.list and run third_party/update_lock".format(
            rctx.attr.lock,
            rctx.attr.package_set,
        ))
    return packages

def _unpack_archive(rctx):
    """Unpacks what is wanted of an archive that one of the packages holds."""
    rctx.report_progress("unpacking {}".format(rctx.attr.archive))
    archive = rctx.attr.archive
    result = rctx.execute(
        [rctx.path(rctx.attr.busybox), "tar", "-xJf", archive] + rctx.attr.archive_members,
        timeout = 1200,
    )
    if result.return_code != 0:
        fail("cannot unpack {}: {}".format(archive, result.stderr))
    rctx.delete(archive)

def _debian_packages_impl(rctx):
    packages = _locked_packages(rctx)
    mirror = find_debian_mirror(rctx, rctx.attr._mirror_finder)

    # All downloads first, side by side; Bazel's repository cache answers for
    # those that it has seen before, without the network.
    pending = []
    for package in packages:
        archive = "_debs/{}.deb".format(package.name)
        rctx.report_progress("downloading {}".format(package.name))
        pending.append((package, archive, rctx.download(
            url = "{}/{}".format(mirror, package.path),
            output = archive,
            sha256 = package.sha256,
            allow_fail = True,
            block = False,
        )))
    for package, archive, download in pending:
        if not download.wait().success:
            fail_download(
                "the Debian package '{}'".format(package.name),
                mirror,
                package.path,
                "third_party/debian.lock",
            )

    for package, archive, _ in pending:
        rctx.report_progress("unpacking {}".format(package.name))
        rctx.extract(archive, output = "_debs/" + package.name)
        data = [
            entry
            for entry in rctx.path("_debs/" + package.name).readdir()
            if entry.basename.startswith("data.tar")
        ]
        rctx.extract(data[0])
    rctx.delete("_debs")
    if rctx.attr.archive:
        _unpack_archive(rctx)

    for path in rctx.attr.remove:
        rctx.delete(path)

    # Links into packages that are not in the set: caches can't store them.
    result = rctx.execute(["find", ".", "-xtype", "l", "-delete"])
    if result.return_code != 0:
        fail("cannot remove broken links: " + result.stderr)
    if rctx.attr.wrapper:
        wrapper = rctx.read(rctx.attr.wrapper)
        for program in rctx.path(rctx.attr.wrapped_directory).readdir():
            rctx.file("bin/" + program.basename, wrapper, executable = True)
    rctx.file("BUILD.bazel", rctx.read(rctx.attr.build_file))

debian_packages = repository_rule(
    implementation = _debian_packages_impl,
    doc = """Downloads and unpacks one set of third_party/debian.lock.

The mirror's base URL comes from --repo_env=DEBIAN_MIRROR=URL or from the
machine's apt configuration.""",
    attrs = {
        "archive": attr.string(
            doc = "A .tar.xz file of the packages that is unpacked too, and then deleted.",
        ),
        "archive_members": attr.string_list(
            doc = "Which of its files and folders.",
        ),
        "build_file": attr.label(
            mandatory = True,
            allow_single_file = True,
            doc = "The repository's BUILD.bazel.",
        ),
        "busybox": attr.label(
            allow_single_file = True,
            doc = "The program that unpacks `archive`.",
        ),
        "lock": attr.label(
            default = "//third_party:debian.lock",
            doc = "The lock file.",
        ),
        "package_set": attr.string(
            mandatory = True,
            doc = "The set's name in the lock file.",
        ),
        "remove": attr.string_list(
            doc = "Unpacked paths that nothing needs.",
        ),
        "wrapped_directory": attr.string(
            doc = "The folder of programs for which bin/ gets a wrapper each.",
        ),
        "wrapper": attr.label(
            allow_single_file = True,
            doc = "The wrapper: a script that finds its program by its own name.",
        ),
        "_mirror_finder": attr.label(default = "//third_party:debian_mirror"),
    },
)
