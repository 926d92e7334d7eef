# SPDX-License-Identifier: MIT
"""kvm_modules: KVM rebuilt from source, maybe with edits."""

load("//kvm_lab/build:kbuild.bzl", "MODULES")
load(
    "//kvm_lab/build:kvm_objects.bzl",
    "COMPILER_ATTRS",
    "KvmObjectsInfo",
    "affected_sources",
    "c_flags",
    "compile_offsets",
    "compile_source",
    "kvm_objects",
    "runtime_path",
)

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

def _overlay(ctx, kvm, edited):
    """Has the compiler see the edited files in the place of the others."""
    overlay = ctx.actions.declare_file(ctx.label.name + "/edited/overlay.yaml")
    ctx.actions.write(overlay, json.encode({
        "case-sensitive": "true",
        "overlay-relative": False,
        "root-relative": "cwd",
        "roots": [
            {
                "external-contents": new.path,
                "name": kvm.sources[file].path,
                "type": "file",
            }
            for file, new in edited.items()
        ],
        # Messages name the source, not the edited copy.
        "use-external-names": False,
        "version": 0,
    }))
    return struct(
        files = edited.values() + [overlay],
        flags = ["-ivfsoverlay", overlay.path],
    )

def _compile_edited(ctx, kvm, edits):
    """Compiles what the edits change; all else stays as it is."""
    texts = {}
    for find, replace, file in edits:
        texts.setdefault(file, []).extend([find, replace])
    edited = {file: _plant(ctx, kvm, file, file_texts) for file, file_texts in texts.items()}
    overlay = _overlay(ctx, kvm, edited)
    sources = {source: True for file in edited for source in affected_sources(file)}
    offsets = kvm.offsets
    if [file for file in edited if file.endswith(".h")]:
        offsets = compile_offsets(ctx, kvm.sources, kvm.headers, kvm.stamp, overlay)
    return {
        source: compile_source(ctx, source, kvm.sources, kvm.headers, kvm.stamp, offsets, overlay)
        for source in sources
    }

def _kvm_modules_impl(ctx):
    kvm = ctx.attr.kvm[KvmObjectsInfo]
    objects = dict(kvm.objects)
    edits = zip(ctx.attr.find, ctx.attr.replace, ctx.attr.file)
    if edits:
        objects.update(_compile_edited(ctx, kvm, edits))

    outputs = [ctx.actions.declare_file("{}/{}.ko".format(ctx.label.name, module)) for module in MODULES]
    headers = kvm.headers
    linker = [f for f in ctx.files._linker if f.path.endswith("/bin/ld.lld") and "/usr/" not in f.path][0]
    args = ctx.actions.args()
    args.add(ctx.file._run_tool)
    args.add(runtime_path(headers))
    args.add(headers.modpost)
    args.add(headers.symvers)
    args.add(headers.module_lds)
    args.add(linker.dirname)
    args.add(outputs[0].dirname)
    for module, sources in MODULES.items():
        args.add(" ".join([module] + [objects[source].path for source in sources]))
    args.add("--")
    args.add_all(c_flags(headers))
    ctx.actions.run(
        executable = ctx.executable._link,
        arguments = [args],
        inputs = depset(objects.values() + [ctx.file._run_tool], transitive = [headers.files]),
        tools = ctx.files._compiler + ctx.files._linker,
        outputs = outputs,
        mnemonic = "KvmLink",
        progress_message = "Linking KVM's modules %{label}",
    )
    return [DefaultInfo(files = depset(outputs))]

_kvm_modules = rule(
    implementation = _kvm_modules_impl,
    doc = "Links KVM's modules; compiles anew what edits change.",
    attrs = COMPILER_ATTRS | {
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
        "_link": attr.label(
            default = "//kvm_lab/build:link.sh",
            allow_single_file = True,
            executable = True,
            cfg = "exec",
        ),
        "_linker": attr.label(
            default = "@ringside_llvm//:linker",
            cfg = "exec",
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

def kvm_modules(*, name, edits = [], source = None, headers = None, tags = [], **kwargs):
    """Rebuilds kvm.ko, kvm-amd.ko and kvm-intel.ko.

    Args:
      name: the target's name; its files are the three modules.
      edits: a list of kvm_edit().
      source: the kernel's Makefile and its files in arch/x86/kvm and virt/kvm. Without it,
        the pinned kernel's.
      headers: kernel_headers of the same kernel.
      tags: tags of the target.
      **kwargs: attributes that every rule has.
    """
    if (source == None) != (headers == None):
        fail("kvm_modules '{}': {} is given without {}; a kernel's source needs the headers of the same kernel, so give both or none".format(
            name,
            "headers" if source == None else "source",
            "source" if source == None else "headers",
        ))
    kvm = Label("//kvm_lab/build:pinned")
    if source != None:
        kvm = name + "._objects"
        kvm_objects(
            name = kvm,
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
