# SPDX-License-Identifier: MIT
"""kvm_payload: from a payload's ELF file to an object that a controller links in."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain", "use_cpp_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//rules:assemble.bzl", "assemble")
load("//rules:guest_transition.bzl", "guest_transition")
load("//toolchains:cc_toolchain_config.bzl", "TOOLCHAIN_PREFIX")

visibility("//...")

def _check_toolchain(toolchain):
    """Fails unless the controller's toolchain is Ringside's: others make no file that runs anywhere."""
    if not toolchain.toolchain_id.startswith(TOOLCHAIN_PREFIX):
        fail(("\nThis part of a controller is for Ringside's C toolchain, and Bazel chose '{}'.\n" +
              "Fix: build the test, or its controller, which chooses Ringside's for its parts.").format(
            toolchain.toolchain_id,
        ))

def _flat_image(ctx, name, elf, toolchain, features):
    """The bytes of the payload's loadable segments, as they will lie in guest memory."""
    image = ctx.actions.declare_file(ctx.label.name + name + ".bin")
    ctx.actions.run(
        executable = cc_common.get_tool_for_action(
            feature_configuration = features,
            action_name = ACTION_NAMES.objcopy_embed_data,
        ),
        arguments = ["-O", "binary", elf.path, image.path],
        inputs = depset([elf], transitive = [toolchain.all_files]),
        outputs = [image],
        mnemonic = "KvmPayloadImage",
        progress_message = "Flattening payload %{label}",
    )
    return image

def _kvm_payload_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    _check_toolchain(toolchain)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    payloads = [(ctx.attr.payload_name, ctx.file.binary)] + [
        (name, binary.files.to_list()[0])
        for binary, name in ctx.attr.others.items()
    ]
    embedded = []
    lines = []
    for i, (name, elf) in enumerate(payloads):
        image = _flat_image(ctx, "_" + name if i else "", elf, toolchain, features)
        embedded += [image, elf]
        lines.append("\tpayload\t\"{}\", \"{}\", \"{}\"\n".format(name, image.path, elf.path))
    linking_context = assemble(
        ctx,
        toolchain,
        features,
        template = ctx.file._embed,
        substitutions = {
            "%{count}": str(len(payloads)),
            "%{payloads}": "".join(lines),
        },
        embedded = embedded,
        alwayslink = True,
    )
    return [
        DefaultInfo(files = depset([embedded[0]])),
        CcInfo(linking_context = linking_context),
        OutputGroupInfo(elf = depset([ctx.file.binary])),
    ]

kvm_payload = rule(
    implementation = _kvm_payload_impl,
    doc = """Builds payloads for a guest's platform and wraps them in an object file.

The object defines kvm_payload_start and kvm_payload_end around the flat image
that the host loads, and kvm_payload_elf_start and kvm_payload_elf_end around
the ELF file, from which the host tells where in the source a guest went wrong;
with other payloads, these are the first one's. The table kvm_payloads names all.
The flat image is the target's output, the ELF file its output group "elf".""",
    attrs = {
        "binary": attr.label(
            mandatory = True,
            allow_single_file = True,
            cfg = guest_transition,
            doc = "The payload: a cc_binary for a guest's platform.",
        ),
        "guest": attr.string(
            mandatory = True,
            doc = "The payload's architecture, a key of GUESTS.",
        ),
        "others": attr.label_keyed_string_dict(
            allow_files = True,
            cfg = guest_transition,
            doc = "More payloads, and what kvm_payloads calls them.",
        ),
        "payload_features": attr.string_list(
            doc = "Features of the payload's toolchain.",
        ),
        "payload_name": attr.string(
            default = "payload",
            doc = "What kvm_payloads calls the payload.",
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_embed": attr.label(
            default = "//rules:embed_payload.s.tpl",
            allow_single_file = True,
        ),
    },
    fragments = ["cpp"],
    provides = [CcInfo],
    toolchains = use_cpp_toolchain(),
)
