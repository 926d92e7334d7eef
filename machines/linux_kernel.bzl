# SPDX-License-Identifier: MIT
"""linux_kernel: a kernel that emulated machines boot."""

LinuxKernelInfo = provider(
    doc = "A Linux kernel.",
    fields = {
        "image": "the bootable image (bzImage), a File",
        "modules": "a depset of Files: .ko files, or folders that hold some",
    },
)

def _linux_kernel_impl(ctx):
    modules = depset(ctx.files.modules)
    return [
        DefaultInfo(files = depset([ctx.file.image], transitive = [modules])),
        LinuxKernelInfo(image = ctx.file.image, modules = modules),
    ]

linux_kernel = rule(
    implementation = _linux_kernel_impl,
    doc = """A kernel for --//machines:kernel: a bootable image and its modules.

The kernel needs KVM, virtio over PCI, a virtio block device and console, each
built in or among the modules.""",
    attrs = {
        "image": attr.label(
            mandatory = True,
            allow_single_file = True,
            doc = "The bzImage.",
        ),
        "modules": attr.label_list(
            allow_files = True,
            doc = "Uncompressed .ko files, or folders with such files, of the same build.",
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
