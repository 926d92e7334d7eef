# SPDX-License-Identifier: MIT
"""generated_faults: a KVM for each place of a source at which an operator makes a fault."""

load("//kvm_lab:fault_info.bzl", "FaultInfo")
load("//kvm_lab/build:edited_modules.bzl", "EDITED_MODULES_ATTRS", "edited_modules")
load("//kvm_lab/build:kvm_objects.bzl", "KvmObjectsInfo")

visibility("//kvm_lab/...")

_GENERATE_ATTRS = {
    "file": attr.string(
        mandatory = True,
        doc = "The source's path as from the kernel's root.",
    ),
    "functions": attr.string_list(
        doc = "The functions that get faults, a * at the end for any ending; empty for all.",
    ),
    "kvm": attr.label(
        default = "//kvm_lab/build:pinned",
        # The same objects as for all other rebuilt modules.
        cfg = "exec",
        providers = [KvmObjectsInfo],
        doc = "KVM as it is.",
    ),
    "_generate": attr.label(
        default = "//kvm_lab/generated:generate",
        executable = True,
        cfg = "exec",
    ),
}

def _generate(ctx, output, words):
    """Declares the action that calls the generator."""
    source = ctx.attr.kvm[KvmObjectsInfo].sources[ctx.attr.file]
    args = ctx.actions.args()
    args.add_all(words + [ctx.attr.file])
    args.add(source)
    args.add(output)
    args.add_all(ctx.attr.functions)
    ctx.actions.run(
        executable = ctx.executable._generate,
        arguments = [args],
        inputs = [source],
        outputs = [output],
        mnemonic = "KvmFault",
        progress_message = "Making faults of {} for %{{label}}".format(ctx.attr.file),
    )

def _generated_fault_impl(ctx):
    edited = ctx.actions.declare_file("{}/edited/{}".format(ctx.label.name, ctx.attr.file))
    _generate(ctx, edited, ["plant", str(ctx.attr.number)])
    modules = edited_modules(ctx, ctx.attr.kvm[KvmObjectsInfo], {ctx.attr.file: edited})
    return [
        DefaultInfo(files = depset(modules)),
        FaultInfo(caught_by = [], file = ctx.attr.file, machine = "", modules = modules),
    ]

_generated_fault = rule(
    implementation = _generated_fault_impl,
    doc = "Modules of KVM with one generated fault.",
    attrs = EDITED_MODULES_ATTRS | _GENERATE_ATTRS | {
        "number": attr.int(
            mandatory = True,
            doc = "Which of the source's faults.",
        ),
    },
)

def _fault_list_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".tsv")
    _generate(ctx, output, ["list", ctx.attr.prefix])
    return [DefaultInfo(files = depset([output]))]

_fault_list = rule(
    implementation = _fault_list_impl,
    doc = "The list of faults that can be made of a source.",
    attrs = _GENERATE_ATTRS | {
        "prefix": attr.string(
            mandatory = True,
            doc = "What stands before a fault's number.",
        ),
    },
)

def generated_faults(*, name, file, count, functions = []):
    """Declares all faults that the operators make of a source of KVM's.

    Makes the targets `<name>_0`, `<name>_1` and so on, each of which is KVM's modules with
    that fault, for --//machines:modules, and `<name>`, their list.

    Args:
      name: the source's short name.
      file: its path as from the kernel's root.
      count: how many there are: the generator knows, a test compares.
      functions: the functions that get faults; empty for all.
    """
    _fault_list(
        name = name,
        file = file,
        functions = functions,
        prefix = "{}//{}:{}_".format(
            native.repository_name() if native.repository_name() != "@" else "",
            native.package_name(),
            name,
        ),
        visibility = ["//kvm_lab:__subpackages__"],
    )
    for number in range(count):
        _generated_fault(
            name = "{}_{}".format(name, number),
            file = file,
            functions = functions,
            number = number,
            tags = ["manual"],
            visibility = [
                "//kvm_lab:__subpackages__",
                "//machines:__pkg__",
            ],
        )
