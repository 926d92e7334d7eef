# SPDX-License-Identifier: MIT
"""kernel_headers: what modules of a kernel are built with."""

KernelHeadersInfo = provider(
    doc = "What modules of one build of a kernel are built with.",
    fields = {
        "configured": "path of the folder with the generated headers",
        "files": "a depset of Files: all of it",
        "modpost": "the File that makes a module's own source",
        "module_lds": "the File with the linker script of modules",
        "objtool": "the File that checks and completes objects",
        "runtime": "Files: folders of the loader and the libraries of objtool and modpost, or none",
        "symvers": "the File with the versions of exported symbols",
        "tree": "path of the folder with the headers that no build makes",
    },
)

def _kernel_headers_impl(ctx):
    files = depset(ctx.files.srcs + ctx.files.runtime + [
        ctx.file.modpost,
        ctx.file.module_lds,
        ctx.file.objtool,
        ctx.file.symvers,
        ctx.file.tree,
    ])
    return [
        DefaultInfo(files = files),
        KernelHeadersInfo(
            configured = ctx.file.symvers.dirname,
            files = files,
            modpost = ctx.file.modpost,
            module_lds = ctx.file.module_lds,
            objtool = ctx.file.objtool,
            runtime = ctx.files.runtime,
            symvers = ctx.file.symvers,
            tree = ctx.file.tree.dirname,
        ),
    ]

kernel_headers = rule(
    implementation = _kernel_headers_impl,
    doc = """What modules of a kernel are built with, after that kernel itself was built.

A distribution has it in a package of headers; a kernel of one's own, in the folder in
which it was built.""",
    attrs = {
        "modpost": attr.label(
            mandatory = True,
            allow_single_file = True,
            doc = "The program scripts/mod/modpost.",
        ),
        "module_lds": attr.label(
            mandatory = True,
            allow_single_file = True,
            doc = "The linker script of modules: scripts/module.lds.",
        ),
        "objtool": attr.label(
            mandatory = True,
            allow_single_file = True,
            doc = "The program tools/objtool/objtool.",
        ),
        "runtime": attr.label_list(
            allow_files = True,
            doc = "Folders with the loader and the libraries of both programs, unless they are static " +
                  "or the machine's own.",
        ),
        "srcs": attr.label_list(
            allow_files = True,
            mandatory = True,
            doc = "include/ and arch/x86/include/, generated headers too: folders or files.",
        ),
        "symvers": attr.label(
            mandatory = True,
            allow_single_file = ["Module.symvers"],
            doc = "Module.symvers, in the folder that the kernel was built in.",
        ),
        "tree": attr.label(
            mandatory = True,
            allow_single_file = ["Makefile"],
            doc = "The Makefile in the folder of the source, which holds include/.",
        ),
    },
    provides = [KernelHeadersInfo],
)
