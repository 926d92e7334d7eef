# SPDX-License-Identifier: MIT
"""coverage: the program behind "bazel run //kvm_lab:coverage"."""

visibility("//kvm_lab/...")

def _coverage_impl(ctx):
    # Its folder is called as the target.
    program = ctx.actions.declare_file(ctx.label.name + ".program")
    ctx.actions.symlink(output = program, target_file = ctx.executable._program, is_executable = True)

    # The one in the kernel's root.
    makefiles = [file.short_path for file in ctx.files.source if file.basename == "Makefile"]
    makefile = sorted(makefiles, key = len)[0]
    tools = [ctx.attr._cov, ctx.attr._profdata]
    return [
        DefaultInfo(
            executable = program,
            runfiles = ctx.runfiles(
                files = ctx.files.modules + ctx.files.source + ctx.files._cov + ctx.files._profdata,
            ).merge_all([tool[DefaultInfo].default_runfiles for tool in tools]),
        ),
        RunEnvironmentInfo(environment = {
            "RINGSIDE_COVERAGE_COV": ctx.file._cov.short_path,
            "RINGSIDE_COVERAGE_FILES": ",".join([file.short_path for file in ctx.files.modules]),
            "RINGSIDE_COVERAGE_FLAG": str(Label("//machines:modules")),
            "RINGSIDE_COVERAGE_MAKEFILE": makefile,
            "RINGSIDE_COVERAGE_MODULES": str(ctx.attr.modules.label),
            "RINGSIDE_COVERAGE_PROFDATA": ctx.file._profdata.short_path,
        }),
    ]

coverage = rule(
    implementation = _coverage_impl,
    doc = "Runs suites of tests on a KVM that counts, and reports what they reach.",
    attrs = {
        "modules": attr.label(
            mandatory = True,
            # As tests have them.
            cfg = "exec",
            doc = "KVM's modules, made with coverage = True.",
        ),
        "source": attr.label(
            mandatory = True,
            allow_files = True,
            doc = "What they were made from: the kernel's Makefile, and the files in arch/x86/kvm and virt/kvm.",
        ),
        "_cov": attr.label(
            default = "@ringside_llvm//:llvm-cov",
            allow_single_file = True,
            cfg = "exec",
        ),
        "_profdata": attr.label(
            default = "@ringside_llvm//:llvm-profdata",
            allow_single_file = True,
            cfg = "exec",
        ),
        "_program": attr.label(
            default = "//kvm_lab/coverage:program",
            executable = True,
            cfg = "exec",
        ),
    },
    executable = True,
)
