# SPDX-License-Identifier: MIT
"""source_files: the workspace's own files of some kinds, as data of a test."""

SourceFilesInfo = provider(
    doc = "Files of the workspace.",
    fields = {"files": "A dict from paths in the workspace to files."},
)

def _all_source_files_impl(ctx):
    return [SourceFilesInfo(files = {
        path: target.files.to_list()[0]
        for target, path in ctx.attr.files.items()
    })]

all_source_files = rule(
    implementation = _all_source_files_impl,
    doc = "All files of the workspace; the repository source_tree declares it.",
    attrs = {
        "files": attr.label_keyed_string_dict(
            allow_files = True,
            doc = "Files, each with its path in the workspace.",
        ),
    },
    provides = [SourceFilesInfo],
)

def _is_of_kind(path, suffixes):
    name = path.rpartition("/")[2]
    for suffix in suffixes:
        if (suffix == "" and "." not in name[1:]) or (suffix and name.endswith(suffix)):
            return True
    return False

def _source_files_impl(ctx):
    files = {
        path: file
        for path, file in ctx.attr._all[SourceFilesInfo].files.items()
        if not ctx.attr.suffixes or _is_of_kind(path, ctx.attr.suffixes)
    }
    return [
        DefaultInfo(runfiles = ctx.runfiles(symlinks = {
            "source/" + path: file
            for path, file in files.items()
        })),
        SourceFilesInfo(files = files),
    ]

source_files = rule(
    implementation = _source_files_impl,
    doc = """The workspace's files of some kinds, wherever they stand.

A test that has this target among its data finds them in the folder "source"
below its working directory, each by its path in the workspace.""",
    attrs = {
        "suffixes": attr.string_list(
            doc = "How names of these files end; \"\" stands for names without a dot. " +
                  "Without this list, all files.",
        ),
        "_all": attr.label(
            default = "@ringside_source_tree//:all",
            providers = [SourceFilesInfo],
        ),
    },
    provides = [SourceFilesInfo],
)
