# SPDX-License-Identifier: MIT
"""source_tree: every file of the workspace, as a Bazel repository.

Packages end where the next one begins, so no glob() sees all files. This
repository has a link to each, under one package; Bazel fetches it again when a
file or folder comes or goes, and follows the links to see that a file has changed.
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

def _ignored(rctx, prefix, folder):
    """Reads a folder's .gitignore: what git ignores is not source.

    Returns:
      A list of structs: the start and the end of paths, or of names in any folder
      below, that are ignored; whether anything may stand between start and end.
    """
    file = folder.get_child(".gitignore")
    if not file.exists:
        return []
    patterns = []
    for line in rctx.read(file, watch = "yes").split("\n"):
        line = line.strip().removesuffix("/")
        if not line or line.startswith("#"):
            continue
        if line.startswith("!") or line.count("*") > 1 or "?" in line or "[" in line:
            fail("{}.gitignore: tools/lint/source_tree.bzl does not understand '{}': it knows names and paths with at most one *".format(prefix, line))
        anchored = "/" in line
        start, star, end = (prefix + line.removeprefix("/") if anchored else line).partition("*")
        patterns.append(struct(
            anchored = anchored,
            end = end,
            folder = prefix,
            start = start,
            star = bool(star),
        ))
    return patterns

def _is_ignored(path, patterns):
    name = path.rpartition("/")[2]
    for pattern in patterns:
        text = path if pattern.anchored else name
        if not path.startswith(pattern.folder):
            continue
        if text == pattern.start or (
            pattern.star and len(text) >= len(pattern.start) + len(pattern.end) and
            text.startswith(pattern.start) and text.endswith(pattern.end) and
            "/" not in text[len(pattern.start):]
        ):
            return True
    return name == ".git"

def _source_tree_impl(rctx):
    patterns = []
    folders = [("", rctx.workspace_root)]
    links = {}

    # Starlark has no while; no tree is deeper than this.
    for _ in range(50):
        below = []
        for prefix, folder in folders:
            patterns += _ignored(rctx, prefix, folder)
            for entry in folder.readdir(watch = "yes"):
                path = prefix + entry.basename
                if _is_ignored(path, patterns):
                    continue

                # A folder's listing does not tell where its links lead.
                is_link = not entry.exists or str(entry.realpath) != "{}/{}".format(folder.realpath, entry.basename)
                if is_link:
                    rctx.watch(entry)

                # Like git, it follows no links to folders; a link to nothing may be
                # an editor's lock on a file.
                if entry.is_dir and not is_link:
                    below.append((path + "/", entry))
                if entry.is_dir or not entry.exists:
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
    # Before Bazel takes a repository from an earlier run, it looks at all folders that
    # it has watched, all at once; one that is gone ends the build. A local repository
    # it makes anew, in which each folder is asked for after the one that holds it.
    local = True,
    doc = "Makes a link to each file of the main workspace that git does not ignore.",
)
