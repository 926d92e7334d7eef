# SPDX-License-Identifier: MIT
"""KVM's objects: one action compiles one source."""

load(
    "//kvm_lab/build:kbuild.bzl",
    "ASM_OFFSETS",
    "ASSEMBLY_FLAGS",
    "COVERAGE_FLAGS",
    "COVERAGE_HEADER",
    "COVERAGE_OBJCOPY_FLAGS",
    "C_FLAGS",
    "HEADERS_OF_ONE_SOURCE",
    "INCLUDE_FOLDERS",
    "MODULES",
    "NEEDED_OPTIONS",
    "OBJTOOL_FLAGS",
)
load("//kvm_lab/build:kernel_headers.bzl", "KernelHeadersInfo")

visibility("//kvm_lab/...")

KvmObjectsInfo = provider(
    doc = "KVM, compiled.",
    fields = {
        "coverage": "the File with COVERAGE_HEADER if it counts which of its code runs, or None",
        "headers": "the KernelHeadersInfo it was compiled with",
        "objects": "a dict from a source's path in the kernel to its object",
        "offsets": "the File with offsets for assembly sources",
        "sources": "a dict from a path in the kernel to its File",
        "stamp": "the File that is made when source and headers fit each other",
    },
)

# Every source of KVM's is below one of these.
_ROOTS = [
    "arch/x86/kvm/",
    "virt/kvm/",
]

def module_of(source):
    """Tells to which module a source belongs.

    Args:
      source: its path in the kernel.

    Returns:
      "kvm", "kvm-amd" or "kvm-intel"; None for a source that is compiled into none.
    """
    for module, sources in MODULES.items():
        if source in sources:
            return module
    return None

def affected_sources(file):
    """Tells which sources have to be compiled anew when a file is edited.

    Args:
      file: its path in the kernel.

    Returns:
      A list of paths.
    """
    if module_of(file):
        return [file]
    if file in HEADERS_OF_ONE_SOURCE:
        return [HEADERS_OF_ONE_SOURCE[file]]

    # A folder's header stays in its module, but for mmu/.
    for module, folder in {
        "kvm-amd": "arch/x86/kvm/svm/",
        "kvm-intel": "arch/x86/kvm/vmx/",
    }.items():
        if file.startswith(folder):
            return MODULES[module]
    return [source for sources in MODULES.values() for source in sources]

def _word(text):
    return text.replace("-", "_")

def _clang(ctx):
    return [f for f in ctx.files._compiler if f.path.endswith("/bin/clang") and "/usr/" not in f.path][0]

def _objcopy(ctx):
    return [f for f in ctx.files._binutils if f.path.endswith("/bin/llvm-objcopy") and "/usr/" not in f.path][0]

def compiler_flags(headers, coverage = False):
    """Where the kernel's headers are, and what is defined before anything else.

    Args:
      headers: a KernelHeadersInfo.
      coverage: whether Clang counts which code runs: it leaves out the code of system
        headers, and the kernel's are such then.

    Returns:
      A list of flags for C and assembly.
    """
    option = "-isystem" if coverage else "-I"
    folders = []
    for below in ["arch/x86/include", "arch/x86/include/generated", "include", "arch/x86/include/uapi", "arch/x86/include/generated/uapi", "include/uapi", "include/generated/uapi"]:
        for root in [headers.tree, headers.configured]:
            folders.append("{}/{}".format(root, below))
    return [option + folder for folder in folders] + [
        "-include",
        headers.tree + "/include/linux/compiler-version.h",
        "-include",
        headers.tree + "/include/linux/kconfig.h",
    ]

def c_flags(headers, coverage = False):
    """The flags for C.

    Args:
      headers: a KernelHeadersInfo.
      coverage: see compiler_flags().

    Returns:
      A list of flags.
    """
    return C_FLAGS + compiler_flags(headers, coverage) + [
        "-include",
        headers.tree + "/include/linux/compiler_types.h",
    ]

def runtime_path(headers):
    """The folders of the loader and the libraries of a kernel's own programs.

    Args:
      headers: a KernelHeadersInfo.

    Returns:
      Paths with colons between.
    """
    return ":".join([folder.path for folder in headers.runtime])

def _root(sources, file):
    """The path of the kernel's source, of which `file` is a part."""
    return sources[file].path[:-len(file)]

def _own_includes(sources, file):
    root = _root(sources, file)
    return ["-I" + root + folder[:-1] for folder in INCLUDE_FOLDERS]

def _inputs(sources, file, objects_info_parts):
    headers = [f for path, f in sources.items() if not path.endswith(".c") and not path.endswith(".S")]
    return depset(headers + [sources[file]] + objects_info_parts)

def compile_offsets(ctx, sources, headers, stamp, overlay = None):
    """Declares the action that makes kvm-asm-offsets.h.

    Args:
      ctx: the context of a rule with COMPILER_ATTRS.
      sources: the kernel's files by their paths.
      headers: a KernelHeadersInfo.
      stamp: the File without which nothing is compiled.
      overlay: see compile_source().

    Returns:
      A File.
    """
    output = ctx.actions.declare_file(ctx.label.name + "/kvm-asm-offsets.h")
    args = ctx.actions.args()
    args.add(output)
    args.add(_clang(ctx))
    args.add_all(c_flags(headers) + _own_includes(sources, ASM_OFFSETS) + (overlay.flags if overlay else []))
    args.add("-DKBUILD_BASENAME=\"kvm_asm_offsets\"")
    args.add("-DKBUILD_MODNAME=\"kvm\"")
    args.add("-D__KBUILD_MODNAME=kmod_kvm")
    args.add(sources[ASM_OFFSETS])
    ctx.actions.run(
        executable = ctx.executable._asm_offsets,
        arguments = [args],
        inputs = depset(
            [stamp] + (overlay.files if overlay else []),
            transitive = [_inputs(sources, ASM_OFFSETS, []), headers.files],
        ),
        tools = ctx.files._compiler,
        outputs = [output],
        mnemonic = "KvmOffsets",
        progress_message = "Compiling KVM's offsets for %{label}",
    )
    return output

def compile_source(ctx, source, sources, headers, stamp, offsets, overlay = None, coverage = None):
    """Declares the action that compiles one source.

    Args:
      ctx: the context of a rule with COMPILER_ATTRS.
      source: its path in the kernel.
      sources: the kernel's files by their paths.
      headers: a KernelHeadersInfo.
      stamp: the File without which nothing is compiled.
      offsets: what compile_offsets() made.
      overlay: a struct of `flags`, which put edited files in the place of others, and
        `files`, which they need.
      coverage: the File with COVERAGE_HEADER to count which of the code runs, or None.

    Returns:
      The object, a File.
    """
    module = _word(module_of(source))
    output = ctx.actions.declare_file("{}/{}.o".format(ctx.label.name, source))
    base = source.split("/")[-1].rsplit(".", 1)[0]
    args = ctx.actions.args()
    args.add(ctx.file._run_tool)
    args.add(runtime_path(headers))
    args.add(headers.objtool)
    args.add(" ".join(OBJTOOL_FLAGS))
    binutils = ctx.files._binutils if coverage and not source.endswith(".S") else []
    args.add(" ".join([_objcopy(ctx).path] + COVERAGE_OBJCOPY_FLAGS) if binutils else "")
    args.add(headers.configured + "/include/generated/autoconf.h")
    args.add(NEEDED_OPTIONS.get(source, ""))
    args.add(output)
    args.add(_clang(ctx))
    if source.endswith(".S"):
        args.add_all(ASSEMBLY_FLAGS + compiler_flags(headers))
        args.add("-iquote")
        args.add(offsets.dirname)
    else:
        args.add_all(c_flags(headers, coverage != None))
        if coverage:
            args.add_all(COVERAGE_FLAGS)
            args.add_all(["-include", coverage])
            args.add("-fcoverage-prefix-map={}=".format(_root(sources, source)))

            # By it, functions of two files of one name are told apart.
            args.add_all(["-Xclang", "-main-file-name", "-Xclang", source])
    args.add_all(_own_includes(sources, source) + (overlay.flags if overlay else []))
    args.add("-DKBUILD_BASENAME=\"{}\"".format(_word(base)))
    args.add("-DKBUILD_MODNAME=\"{}\"".format(module))
    args.add("-D__KBUILD_MODNAME=kmod_" + module)
    args.add(sources[source])
    ctx.actions.run(
        executable = ctx.executable._compile,
        arguments = [args],
        inputs = depset(
            [stamp, offsets, ctx.file._run_tool] +
            ([coverage] if coverage else []) +
            (overlay.files if overlay else []),
            transitive = [_inputs(sources, source, []), headers.files],
        ),
        tools = ctx.files._compiler + binutils,
        outputs = [output],
        mnemonic = "KvmCompile",
        progress_message = "Compiling KVM's {} for %{{label}}".format(source),
    )
    return output

def _sources_of(ctx):
    """Sorts the source's files by their paths in the kernel."""
    files = ctx.files.source
    roots = [
        f.path[:-len(ASM_OFFSETS)]
        for f in files
        if f.path.endswith("/" + ASM_OFFSETS) or f.path == ASM_OFFSETS
    ]
    if len(roots) != 1:
        fail(("{} is no source of a kernel with KVM: {} of its files are {}, not one; give kvm_modules " +
              "a 'source' with the kernel's Makefile and the files in {}").format(
            ctx.attr.source.label,
            len(roots),
            ASM_OFFSETS,
            " and ".join(_ROOTS),
        ))
    sources = {
        f.path[len(roots[0]):]: f
        for f in files
        if f.path.startswith(roots[0])
    }
    needed = ["Makefile"] + [
        source
        for module_sources in MODULES.values()
        for source in module_sources
    ]
    missing = [source for source in needed if source not in sources]
    if missing:
        fail("{} lacks {} of the kernel's source, the first of {} files that KVM's modules are made of".format(
            ctx.attr.source.label,
            missing[0],
            len(missing),
        ))
    return sources

def _kvm_objects_impl(ctx):
    sources = _sources_of(ctx)
    headers = ctx.attr.headers[KernelHeadersInfo]

    stamp = ctx.actions.declare_file(ctx.label.name + "/version")
    args = ctx.actions.args()
    args.add(sources["Makefile"])
    args.add(headers.configured + "/include/generated/uapi/linux/version.h")
    args.add(stamp)
    ctx.actions.run(
        executable = ctx.executable._check_versions,
        arguments = [args],
        inputs = depset([sources["Makefile"]], transitive = [headers.files]),
        outputs = [stamp],
        mnemonic = "KvmVersion",
        progress_message = "Comparing versions for %{label}",
    )
    coverage = None
    if ctx.attr.coverage:
        coverage = ctx.actions.declare_file(ctx.label.name + "/coverage.h")
        ctx.actions.write(coverage, COVERAGE_HEADER)
    offsets = compile_offsets(ctx, sources, headers, stamp)
    objects = {
        source: compile_source(ctx, source, sources, headers, stamp, offsets, coverage = coverage)
        for module_sources in MODULES.values()
        for source in module_sources
    }
    return [
        DefaultInfo(files = depset(objects.values())),
        KvmObjectsInfo(
            coverage = coverage,
            headers = headers,
            objects = objects,
            offsets = offsets,
            sources = sources,
            stamp = stamp,
        ),
    ]

COMPILER_ATTRS = {
    "_asm_offsets": attr.label(
        default = "//kvm_lab/build:asm_offsets.sh",
        allow_single_file = True,
        executable = True,
        cfg = "exec",
    ),
    "_binutils": attr.label(
        default = "@ringside_llvm//:binutils",
        cfg = "exec",
    ),
    "_compile": attr.label(
        default = "//kvm_lab/build:compile.sh",
        allow_single_file = True,
        executable = True,
        cfg = "exec",
    ),
    "_compiler": attr.label(
        default = "@ringside_llvm//:compiler",
        cfg = "exec",
    ),
    "_run_tool": attr.label(
        default = "//kvm_lab/build:run_tool.sh",
        allow_single_file = True,
    ),
}

kvm_objects = rule(
    implementation = _kvm_objects_impl,
    doc = "Compiles each of KVM's sources, as the kernel's own build does.",
    attrs = COMPILER_ATTRS | {
        "coverage": attr.bool(
            doc = "Whether it counts which of its code runs.",
        ),
        "headers": attr.label(
            mandatory = True,
            providers = [KernelHeadersInfo],
            doc = "What modules of the same kernel are built with: kernel_headers.",
        ),
        "source": attr.label(
            mandatory = True,
            allow_files = True,
            doc = "The kernel's Makefile, and the files in arch/x86/kvm and virt/kvm.",
        ),
        "_check_versions": attr.label(
            default = "//kvm_lab/build:check_versions.sh",
            allow_single_file = True,
            executable = True,
            cfg = "exec",
        ),
    },
)
