# SPDX-License-Identifier: MIT
"""Modules of KVM with edited files: what changes is compiled, all is linked."""

load("//kvm_lab/build:kbuild.bzl", "COVERAGE_LINK_FLAGS", "MODULES")
load(
    "//kvm_lab/build:kvm_objects.bzl",
    "COMPILER_ATTRS",
    "affected_sources",
    "c_flags",
    "compile_offsets",
    "compile_source",
    "runtime_path",
)

visibility("//kvm_lab/...")

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

def _compile_edited(ctx, kvm, edited):
    overlay = _overlay(ctx, kvm, edited)
    sources = {source: True for file in edited for source in affected_sources(file)}
    offsets = kvm.offsets
    if [file for file in edited if file.endswith(".h")]:
        offsets = compile_offsets(ctx, kvm.sources, kvm.headers, kvm.stamp, overlay)
    return {
        source: compile_source(ctx, source, kvm.sources, kvm.headers, kvm.stamp, offsets, overlay, kvm.coverage)
        for source in sources
    }

def edited_modules(ctx, kvm, edited):
    """Declares the actions that make KVM's modules.

    Args:
      ctx: the context of a rule with EDITED_MODULES_ATTRS.
      kvm: KVM as it is: a KvmObjectsInfo.
      edited: a dict from a file's path in the kernel to the File that takes its place.

    Returns:
      A list of Files: the modules.
    """
    objects = dict(kvm.objects)
    if edited:
        objects.update(_compile_edited(ctx, kvm, edited))

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
        # The linker takes flags among its objects.
        flags = COVERAGE_LINK_FLAGS if kvm.coverage else []
        args.add(" ".join([module] + flags + [objects[source].path for source in sources]))
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
    return outputs

EDITED_MODULES_ATTRS = COMPILER_ATTRS | {
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
}
