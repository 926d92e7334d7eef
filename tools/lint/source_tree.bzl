# SPDX-License-Identifier: MIT
"""source_tree: every file of the workspace, as a Bazel repository.

Packages end where the next one begins, so no glob() sees all files. This
repository has a link to each, under one package; Bazel fetches it again when a
file is added or removed, and follows the links to see that one has changed.
"""

_BUILD = """# SPDX-License-Identifier: MIT
load("@ringside//tools/lint:source_files.bzl", "all_source_files")

all_source_files(
    name = "all",
    files = {{
{}
    }},
    visibility = ["//visibility:public"],
)
"""

def _ignored(rctx):
    """Reads .gitignore: what git ignores is not source."""
    names = [".git"]
    for line in rctx.read(rctx.workspace_root.get_child(".gitignore")).split("\n"):
        if not line or line.startswith("#"):
            continue
        if not line.startswith("/") or "/" in line[1:] or "*" in line[:-1]:
            fail(".gitignore: tools/lint/source_tree.bzl does not understand '{}': it knows /NAME and /NAME*".format(line))
        names.append(line[1:])
    return names

def _is_ignored(name, patterns):
    for pattern in patterns:
        if name == pattern or pattern.endswith("*") and name.startswith(pattern[:-1]):
            return True
    return False

def _source_tree_impl(rctx):
    ignored = _ignored(rctx)
    folders = [("", rctx.workspace_root)]
    links = {}

    # Starlark has no while; no tree is deeper than this.
    for _ in range(50):
        below = []
        for prefix, folder in folders:
            for entry in folder.readdir(watch = "yes"):
                if not prefix and _is_ignored(entry.basename, ignored):
                    continue
                path = prefix + entry.basename
                if entry.is_dir:
                    below.append((path + "/", entry))
                    continue

                # Here, it would begin a package.
                link = "files/" + path + ("_" if entry.basename in ["BUILD", "BUILD.bazel"] else "")
                rctx.symlink(entry, link)
                links[link] = path
        folders = below
    if folders:
        fail("folders are nested too deep: " + folders[0][0])
    rctx.file("BUILD.bazel", _BUILD.format("\n".join([
        "        {}: {},".format(repr(link), repr(path))
        for link, path in sorted(links.items())
    ])))

source_tree = repository_rule(
    implementation = _source_tree_impl,
    doc = "Makes a link to each file of the main workspace that git does not ignore.",
)
