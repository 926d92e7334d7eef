# SPDX-License-Identifier: MIT
"""The one table of architectures.

Platforms, constraints, toolchains and kvm_test's choice of guests are all made
from it. A new guest architecture is one row here and one folder in guest/arch.
"""

visibility("//...")

# Code that the compiler makes for a payload:
# - no library and no kernel around it;
# - general registers only: start code sets up no SIMD state, nested guests do
#   not save it, and a kernel that emulates the guest need not know it;
# - frame pointers and a frame per call, for the backtrace of a guest that went
#   wrong.
_GUEST_COMPILE_FLAGS = [
    "-ffreestanding",
    "-nostdinc",
    "-Os",
    "-g",
    "-fno-pic",
    "-fno-common",
    "-fno-omit-frame-pointer",
    "-fno-optimize-sibling-calls",
    "-fno-stack-protector",
    # A frame larger than a page touches each, the one below the stack too. The
    # driver knows the option for other systems only.
    "-Xclang",
    "-fstack-clash-protection",
    "-fno-asynchronous-unwind-tables",
    "-fno-unwind-tables",
    "-ffunction-sections",
    "-fdata-sections",
]

_GUEST_LINK_FLAGS = [
    "-nostdlib",
    "-static",
    "-Wl,--gc-sections",
    # What nothing but its section's __start_ and __stop_ refers to is kept.
    "-Wl,-z,nostart-stop-gc",
    "-Wl,--fatal-warnings",
    "-Wl,-z,noexecstack",
    # Segments are packed: nothing maps the file, the host loads a flat image.
    "-Wl,-z,max-page-size=64",
]

# kvm_test(payload_features = ["simd"]): x86-64's baseline, on i386 too. The
# library's start code and interrupt handlers look at the macro.
_GUEST_SIMD_FLAGS = ["-mx87", "-mmmx", "-msse", "-msse2", "-DKVM_PAYLOAD_SIMD"]

def _guest(*, cpu, triple, link_triple, compile_flags):
    """A payload architecture.

    Args:
      cpu: the constraint value of the CPU.
      triple: Clang's target for compiling.
      link_triple: Clang's target for linking: with a system's name in it, the
        driver runs lld itself and not a gcc.
      compile_flags: what this architecture's code needs beyond the flags that
        all guests share.

    Returns:
      A row of GUESTS.
    """
    return struct(
        compile_flags = _GUEST_COMPILE_FLAGS + compile_flags,
        constraints = [cpu, "@platforms//os:none", Label("//toolchains:kvm_guest")],
        link_flags = _GUEST_LINK_FLAGS,
        link_triple = link_triple,
        simd_flags = _GUEST_SIMD_FLAGS,
        triple = triple,
    )

# Payload architectures, by the name that kvm_test(guests = ...) knows.
GUESTS = {
    "i386": _guest(
        cpu = "@platforms//cpu:x86_32",
        triple = "i386-unknown-none-elf",
        link_triple = "i386-linux-gnu",
        compile_flags = ["-march=i686", "-mgeneral-regs-only"],
    ),
    "x86_64": _guest(
        cpu = "@platforms//cpu:x86_64",
        triple = "x86_64-unknown-none-elf",
        link_triple = "x86_64-linux-gnu",
        compile_flags = ["-march=x86-64", "-mgeneral-regs-only", "-mno-red-zone"],
    ),
}

# Where controllers run, and all that the build runs.
CONTROLLER_HOST = "linux_x86_64"

# Architectures of programs for Linux. arm64 is for what runs in a machine.
HOSTS = {
    "linux_arm64": struct(
        constraints = ["@platforms//cpu:aarch64", "@platforms//os:linux", Label("//toolchains:controller")],
        cpu = "aarch64",
        # Where the sysroot has GCC's start files, and its own root: Debian's packages
        # for cross compilers have both elsewhere.
        gcc = "usr/lib/gcc-cross/aarch64-linux-gnu/12",
        root = "/usr/aarch64-linux-gnu",
        sysroot = "@ringside_sysroot_arm64//",
        triple = "aarch64-linux-gnu",
    ),
    "linux_x86_64": struct(
        constraints = ["@platforms//cpu:x86_64", "@platforms//os:linux", Label("//toolchains:controller")],
        cpu = "k8",
        gcc = "usr/lib/gcc/x86_64-linux-gnu/12",
        root = "",
        sysroot = "@ringside_sysroot_x86_64//",
        triple = "x86_64-linux-gnu",
    ),
}
