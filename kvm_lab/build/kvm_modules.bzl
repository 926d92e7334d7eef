# SPDX-License-Identifier: MIT
"""kvm_modules: KVM rebuilt from source, maybe with edits."""

load("//kvm_lab/build:edited_modules.bzl", "EDITED_MODULES_ATTRS", "edited_modules")
load("//kvm_lab/build:kvm_objects.bzl", "KvmObjectsInfo", "kvm_objects")

visibility("//...")

def _plant(ctx, kvm, file, texts):
    """Declares the action that edits one file; returns the edited one."""
    if file not in kvm.sources:
        fail("{}: the kernel's source has no {}; 'file' is a path in arch/x86/kvm or virt/kvm, as from the kernel's root".format(
            ctx.label,
            file,
        ))
    output = ctx.actions.declare_file("{}/edited/{}".format(ctx.label.name, file))
    args = ctx.actions.args()
    args.add(ctx.label)
    args.add(file)
    args.add(kvm.sources[file])
    args.add(output)
    args.add_all(texts)
    ctx.actions.run(
        executable = ctx.executable._plant,
        arguments = [args],
        inputs = [kvm.sources[file]],
        outputs = [output],
        mnemonic = "KvmEdit",
        progress_message = "Editing {} for %{{label}}".format(file),
    )
    return output

def _kvm_modules_impl(ctx):
    kvm = ctx.attr.kvm[KvmObjectsInfo]
    texts = {}
    for find, replace, file in zip(ctx.attr.find, ctx.attr.replace, ctx.attr.file):
        texts.setdefault(file, []).extend([find, replace])
    edited = {file: _plant(ctx, kvm, file, file_texts) for file, file_texts in texts.items()}
    return [DefaultInfo(files = depset(edited_modules(ctx, kvm, edited)))]

_kvm_modules = rule(
    implementation = _kvm_modules_impl,
    doc = "Links KVM's modules; compiles anew what edits change.",
    attrs = EDITED_MODULES_ATTRS | {
        "file": attr.string_list(
            doc = "For each edit, the file.",
        ),
        "find": attr.string_list(
            doc = "For each edit, the text that is replaced.",
        ),
        "kvm": attr.label(
            mandatory = True,
            providers = [KvmObjectsInfo],
            doc = "KVM as it is.",
        ),
        "replace": attr.string_list(
            doc = "For each edit, the text in its place.",
        ),
        "_plant": attr.label(
            default = "//kvm_lab/build:plant",
            executable = True,
            cfg = "exec",
        ),
    },
)

def kvm_edit(*, file, find, replace):
    """One edit of a source of KVM's.

    Args:
      file: a path as from the kernel's root: "arch/x86/kvm/svm/nested.c".
      find: a piece of its text that stands there exactly once.
      replace: what is to stand there.

    Returns:
      What kvm_modules(edits = [...]) takes.
    """
    return struct(file = file, find = find, replace = replace)

def kvm_source_error(name, source, headers):
    """Tells what is wrong with a source without headers, or the other way round.

    Args:
      name: the target's name.
      source: kvm_modules' argument.
      headers: kvm_modules' argument.

    Returns:
      A message, or None.
    """
    if (source == None) == (headers == None):
        return None
    return "kvm_modules '{}': {} is given without {}; a kernel's source needs the headers of the same kernel, so give both or none".format(
        name,
        "headers" if source == None else "source",
        "source" if source == None else "headers",
    )

def kvm_modules(*, name, edits = [], source = None, headers = None, coverage = False, tags = [], **kwargs):
    """Rebuilds kvm.ko, kvm-amd.ko and kvm-intel.ko.

    Args:
      name: the target's name; its files are the three modules.
      edits: a list of kvm_edit().
      source: the kernel's Makefile and its files in arch/x86/kvm and virt/kvm. Without it,
        the pinned kernel's.
      headers: kernel_headers of the same kernel.
      coverage: whether the modules count which of their code runs: docs/kvm_lab.md.
      tags: tags of the target.
      **kwargs: attributes that every rule has.
    """
    error = kvm_source_error(name, source, headers)
    if error:
        fail(error)
    kvm = Label("//kvm_lab/build:pinned_coverage" if coverage else "//kvm_lab/build:pinned")
    if source != None:
        kvm = name + "._objects"
        kvm_objects(
            name = kvm,
            coverage = coverage,
            headers = headers,
            source = source,
            tags = ["manual"],
            visibility = ["//visibility:private"],
        )
    _kvm_modules(
        name = name,
        file = [e.file for e in edits],
        find = [e.find for e in edits],
        kvm = kvm,
        replace = [e.replace for e in edits],
        tags = tags,
        **kwargs
    )
