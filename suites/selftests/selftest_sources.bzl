# SPDX-License-Identifier: MIT
"""The kernel's selftests of KVM, from whatever tree --//suites/selftests:source names."""

load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")

visibility("//suites/selftests/...")

# Where they are in a tree.
_SELFTESTS = "tools/testing/selftests/kvm/"

# The kernel's name of the architecture in their folders: new, old.
_ARCH_FOLDERS = ["x86/", "x86_64/"]

# Where their headers are found, in their Makefile's order.
_INCLUDES = [
    "tools/include",
    "tools/arch/x86/include",
    None,  # what uapi_headers makes
    _SELFTESTS + "include",
    _SELFTESTS + "include/x86",
    _SELFTESTS + "include/x86_64",
    "tools/testing/selftests/rseq",
    "tools/testing/selftests",
]

def _find_root(ctx):
    """The folder of the tree's Makefile, as a path of an action, with a slash behind."""
    for file in ctx.files.source:
        if file.path.endswith("/" + _SELFTESTS + "Makefile"):
            return file.path.removesuffix(_SELFTESTS + "Makefile")
    fail(("{} is no kernel source with selftests: it has no {}Makefile. Fix: name a filegroup of " +
          "what third_party/linux_source/BUILD.overlay.bazel lists").format(
        ctx.attr.source.label,
        _SELFTESTS,
    ))

_SOURCE = {
    "source": attr.label(
        mandatory = True,
        allow_files = True,
        doc = "The tree's files.",
    ),
}

def _selftest_headers_impl(ctx):
    root = _find_root(ctx)
    uapi = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run(
        executable = ctx.executable._uapi_headers,
        arguments = [uapi.path, root.removesuffix("/")],
        inputs = ctx.files.source,
        outputs = [uapi],
        mnemonic = "UapiHeaders",
        progress_message = "Making the kernel's headers %{label}",
    )
    return [
        DefaultInfo(files = depset([uapi])),
        CcInfo(compilation_context = cc_common.create_compilation_context(
            headers = depset([uapi] + ctx.files.source),
            includes = depset([root + folder if folder else uapi.path for folder in _INCLUDES]),
        )),
    ]

selftest_headers = rule(
    implementation = _selftest_headers_impl,
    doc = "The headers that the selftests include: the tree's own, and those for programs.",
    attrs = _SOURCE | {
        "_uapi_headers": attr.label(
            default = "//suites/selftests:uapi_headers",
            executable = True,
            cfg = "exec",
        ),
    },
    provides = [CcInfo],
)

def _is_library(path):
    """Whether a path below the selftests' folder is of what all of them share."""
    folder, _, name = path.rpartition("/")
    return (folder == "lib" or folder + "/" in ["lib/" + arch for arch in _ARCH_FOLDERS]) and name.endswith((".c", ".S"))

def _selftest_sources_impl(ctx):
    root = _find_root(ctx) + _SELFTESTS
    files = {
        file.path.removeprefix(root): file
        for file in ctx.files.source
        if file.path.startswith(root)
    }
    if not ctx.attr.program:
        return [DefaultInfo(files = depset([
            file
            for path, file in files.items()
            if _is_library(path) and (path in ctx.attr.freestanding) == ctx.attr.is_freestanding
        ]))]
    for folder in _ARCH_FOLDERS + [""]:
        file = files.get(folder + ctx.attr.program + ".c")
        if file:
            return [DefaultInfo(files = depset([file]))]
    fail("{} has no selftest {}. Fix: leave that test out (--keep_going builds the others)".format(
        ctx.attr.source.label,
        ctx.attr.program,
    ))

selftest_sources = rule(
    implementation = _selftest_sources_impl,
    doc = "The sources of one program, or of the library that all of them share.",
    attrs = _SOURCE | {
        "freestanding": attr.string_list(
            doc = "The library's files that are compiled in another way.",
        ),
        "is_freestanding": attr.bool(
            doc = "Whether these are wanted, or the others.",
        ),
        "program": attr.string(
            doc = "The program's name; without it, the library is meant.",
        ),
    },
)
