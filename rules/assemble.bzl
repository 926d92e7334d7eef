# SPDX-License-Identifier: MIT
"""assemble: files embedded in an object by a template of assembly."""

load("@rules_cc//cc/common:cc_common.bzl", "cc_common")

visibility("//rules")

def assemble(ctx, toolchain, features, template, substitutions, embedded, alwayslink = False):
    """Assembles what a template makes.

    Args:
        ctx: The rule's context.
        toolchain: The C++ toolchain.
        features: Its feature configuration.
        template: The template, a file.
        substitutions: What to put where in the template, a dict.
        embedded: The files that the result has .incbin directives for.
        alwayslink: Whether the object is linked in even if nothing refers to it.

    Returns:
        The object's linking context.
    """
    assembly = ctx.actions.declare_file(ctx.label.name + ".s")
    ctx.actions.expand_template(
        template = template,
        output = assembly,
        substitutions = substitutions,
    )
    _, outputs = cc_common.compile(
        name = ctx.label.name,
        actions = ctx.actions,
        cc_toolchain = toolchain,
        feature_configuration = features,
        srcs = [assembly],
        additional_inputs = embedded,
    )
    linking_context, _ = cc_common.create_linking_context_from_compilation_outputs(
        name = ctx.label.name,
        actions = ctx.actions,
        cc_toolchain = toolchain,
        compilation_outputs = outputs,
        feature_configuration = features,
        disallow_dynamic_library = True,
        alwayslink = alwayslink,
    )
    return linking_context
