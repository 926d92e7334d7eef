# SPDX-License-Identifier: MIT
"""linux_kernel: a kernel that emulated machines boot."""

load("//machines:fixes.bzl", "check_fixes")

def _init_linux_kernel_info(*, image, modules, config = None, builtin = None, lacks = [], pinned = False):
    return {
        "builtin": builtin,
        "config": config,
        "image": image,
        "lacks": lacks,
        "modules": modules,
        "pinned": pinned,
    }

LinuxKernelInfo, _new_linux_kernel_info = provider(
    doc = "A Linux kernel.",
    fields = {
        "builtin": "modules.builtin, a File; None where it is not known",
        "config": "its .config, a File; None where it is not known",
        "image": "the bootable image (bzImage), a File",
        "lacks": "a list of fixes of KVM that it lacks, as linux_kernel has them",
        "modules": "a depset of Files: .ko files, or folders that hold some",
        "pinned": "whether it is one of those that Ringside pins",
    },
    init = _init_linux_kernel_info,
)

def _linux_kernel_impl(ctx):
    error = check_fixes("lacks", ctx.attr.lacks)
    if error:
        fail("{}: {}".format(ctx.label, error))
    modules = depset(ctx.files.modules)
    return [
        DefaultInfo(files = depset([ctx.file.image], transitive = [modules])),
        LinuxKernelInfo(
            image = ctx.file.image,
            modules = modules,
            builtin = ctx.file.builtin,
            config = ctx.file.config,
            lacks = ctx.attr.lacks,
            pinned = ctx.attr.pinned,
        ),
    ]

linux_kernel = rule(
    implementation = _linux_kernel_impl,
    doc = """A kernel for --//machines:kernel: a bootable image and its modules.

docs/machines.md lists the options that it needs.""",
    attrs = {
        "builtin": attr.label(
            allow_single_file = True,
            doc = """The build's modules.builtin. .needs_drivers asks it; without one, what is
not among the modules that a machine loads breaks the test.""",
        ),
        "config": attr.label(
            allow_single_file = True,
            doc = """The build's .config, for .needs_kconfigs. A kernel with CONFIG_IKCONFIG_PROC
has its own.""",
        ),
        "image": attr.label(
            mandatory = True,
            allow_single_file = True,
            doc = "The bzImage.",
        ),
        "lacks": attr.string_list(
            doc = """Fixes of KVM that this kernel lacks: ids of commits, each maybe with a
blank and a few words. A test with one of them in its `fixed_by` has to fail on it.""",
        ),
        "modules": attr.label_list(
            allow_files = True,
            doc = "Uncompressed .ko files, or folders with such files, of the same build.",
        ),
        "pinned": attr.bool(
            doc = """Whether it is one that Ringside pins: the property kvm_modules of test.xml
says so.""",
        ),
    },
    provides = [LinuxKernelInfo],
)

def kernel_of(target):
    """Takes a kernel from whatever --//machines:kernel names.

    Args:
      target: a linux_kernel, or a target whose files are one image and any
        number of .ko files.

    Returns:
      A LinuxKernelInfo.
    """
    if LinuxKernelInfo in target:
        return target[LinuxKernelInfo]
    files = target[DefaultInfo].files.to_list()
    images = [f for f in files if f.extension != "ko" and not f.is_directory]
    if len(images) != 1:
        fail(("{} is no kernel: of its files, {} could be the image (bzImage), not one; " +
              "wrap them in a linux_kernel(image = ..., modules = ...)").format(
            target.label,
            len(images),
        ))
    return LinuxKernelInfo(
        image = images[0],
        modules = depset([f for f in files if f != images[0]]),
    )
