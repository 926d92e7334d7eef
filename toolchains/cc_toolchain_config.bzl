# SPDX-License-Identifier: MIT
"""How Bazel's C and C++ actions become command lines of the pinned Clang and lld.

Every flag is spelled out here: Bazel's built-in defaults are switched off
(no_legacy_features), so that what an action runs can be read in one file.
"""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load(
    "@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl",
    "action_config",
    "feature",
    "flag_group",
    "flag_set",
    "tool",
    "variable_with_value",
    "with_feature_set",
)
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")

visibility("//...")

# What tells Ringside's toolchains from a workspace's others.
TOOLCHAIN_PREFIX = "ringside_"

_C_ACTIONS = [ACTION_NAMES.c_compile]
_CXX_ACTIONS = [
    ACTION_NAMES.cpp_compile,
    ACTION_NAMES.cpp_header_parsing,
    ACTION_NAMES.linkstamp_compile,
]
_ASSEMBLE_ACTIONS = [
    ACTION_NAMES.assemble,
    ACTION_NAMES.preprocess_assemble,
]
_PREPROCESS_ACTIONS = _C_ACTIONS + _CXX_ACTIONS + [ACTION_NAMES.preprocess_assemble]
_COMPILE_ACTIONS = _C_ACTIONS + _CXX_ACTIONS + _ASSEMBLE_ACTIONS
_LINK_SHARED_ACTIONS = [
    ACTION_NAMES.cpp_link_dynamic_library,
    ACTION_NAMES.cpp_link_nodeps_dynamic_library,
]
_LINK_ACTIONS = [ACTION_NAMES.cpp_link_executable] + _LINK_SHARED_ACTIONS

def _flags(actions, flags, with_features = []):
    """A flag set that always holds for some actions."""
    if not flags:
        return []
    return [flag_set(
        actions = actions,
        flag_groups = [flag_group(flags = flags)],
        with_features = with_features,
    )]

def _each(actions, variable, flags):
    """A flag set for a build variable, once for each value if it is a list."""
    return flag_set(
        actions = actions,
        flag_groups = [flag_group(
            flags = flags,
            iterate_over = variable,
            expand_if_available = variable,
        )],
    )

def _optional(actions, variable, flags):
    """A flag set that appears when a build variable is set."""
    return flag_set(
        actions = actions,
        flag_groups = [flag_group(flags = flags, expand_if_available = variable)],
    )

def _action_configs(ctx):
    clang = [tool(tool = ctx.file.clang)]
    clangxx = [tool(tool = ctx.file.clangxx)]
    return [
        action_config(action_name = name, tools = clang, enabled = True)
        for name in _C_ACTIONS + _ASSEMBLE_ACTIONS
    ] + [
        action_config(action_name = name, tools = clangxx, enabled = True)
        for name in _CXX_ACTIONS + [ACTION_NAMES.cpp_link_executable]
    ] + [
        action_config(
            action_name = name,
            tools = [tool(tool = ctx.file.no_shared_library)],
            enabled = True,
        )
        for name in _LINK_SHARED_ACTIONS
    ] + [
        action_config(
            action_name = ACTION_NAMES.cpp_link_static_library,
            tools = [tool(tool = ctx.file.ar)],
            enabled = True,
        ),
        action_config(
            action_name = ACTION_NAMES.strip,
            tools = [tool(tool = ctx.file.strip)],
            enabled = True,
        ),
        action_config(
            action_name = ACTION_NAMES.objcopy_embed_data,
            tools = [tool(tool = ctx.file.objcopy)],
            enabled = True,
        ),
    ]

def _library(type, flag_groups):
    """The flags of one kind of entry in libraries_to_link."""
    return flag_group(
        flag_groups = flag_groups,
        expand_if_equal = variable_with_value(
            name = "libraries_to_link.type",
            value = type,
        ),
    )

def _libraries_to_link(whole_archive):
    """Object files and libraries in the order in which Bazel hands them over."""
    name = [flag_group(flags = ["%{libraries_to_link.name}"])]
    groups = [
        _library("object_file", name),
        _library("object_file_group", [flag_group(
            flags = ["%{libraries_to_link.object_files}"],
            iterate_over = "libraries_to_link.object_files",
        )]),
        _library("static_library", name),
        _library("interface_library", name),
        _library("dynamic_library", [flag_group(flags = ["-l%{libraries_to_link.name}"])]),
    ]
    if whole_archive:
        groups = [
            flag_group(
                flags = ["-Wl,-whole-archive"],
                expand_if_true = "libraries_to_link.is_whole_archive",
            ),
        ] + groups + [
            flag_group(
                flags = ["-Wl,-no-whole-archive"],
                expand_if_true = "libraries_to_link.is_whole_archive",
            ),
        ]
    return flag_group(
        flag_groups = groups,
        iterate_over = "libraries_to_link",
        expand_if_available = "libraries_to_link",
    )

def _plumbing():
    """Features that carry Bazel's build variables into command lines."""
    return [
        feature(name = "no_legacy_features"),
        feature(
            name = "compile_inputs",
            enabled = True,
            flag_sets = [
                _each(_PREPROCESS_ACTIONS, "preprocessor_defines", ["-D%{preprocessor_defines}"]),
                _each(_PREPROCESS_ACTIONS, "includes", ["-include", "%{includes}"]),
                _each(_PREPROCESS_ACTIONS, "quote_include_paths", ["-iquote", "%{quote_include_paths}"]),
                _each(_PREPROCESS_ACTIONS, "include_paths", ["-I%{include_paths}"]),
                _each(_PREPROCESS_ACTIONS, "system_include_paths", ["-isystem", "%{system_include_paths}"]),
            ],
        ),
    ]

def _compile_outputs():
    return feature(
        name = "compile_outputs",
        enabled = True,
        flag_sets = [
            _each(_COMPILE_ACTIONS, "user_compile_flags", ["%{user_compile_flags}"]),
            _optional(_PREPROCESS_ACTIONS, "dependency_file", ["-MD", "-MF", "%{dependency_file}"]),
            _optional(_COMPILE_ACTIONS, "output_assembly_file", ["-S"]),
            _optional(_COMPILE_ACTIONS, "output_preprocess_file", ["-E"]),
            _optional(_COMPILE_ACTIONS, "source_file", ["-c", "%{source_file}"]),
            _optional(_COMPILE_ACTIONS, "output_file", ["-o", "%{output_file}"]),
        ],
    )

def _link_inputs(hosted):
    # Bazel wants no debug information in a fastbuild. A payload keeps it: the
    # host tells from it where in the source a guest went wrong.
    strip = [_optional(_LINK_ACTIONS, "strip_debug_symbols", ["-Wl,-S"])] if hosted else []
    return feature(
        name = "link_inputs",
        enabled = True,
        flag_sets = [
            _optional(_LINK_ACTIONS, "output_execpath", ["-o", "%{output_execpath}"]),
            _each(_LINK_ACTIONS, "linkstamp_paths", ["%{linkstamp_paths}"]),
            _each(_LINK_ACTIONS, "library_search_directories", ["-L%{library_search_directories}"]),
            flag_set(actions = _LINK_ACTIONS, flag_groups = [_libraries_to_link(True)]),
            _each(_LINK_ACTIONS, "user_link_flags", ["%{user_link_flags}"]),
            _optional(_LINK_ACTIONS, "linker_param_file", ["@%{linker_param_file}"]),
        ] + strip,
    )

def _archive():
    actions = [ACTION_NAMES.cpp_link_static_library]
    return feature(
        name = "archive",
        enabled = True,
        flag_sets = [
            # D: no times, owners or modes in the archive.
            _optional(actions, "output_execpath", ["rcsD", "%{output_execpath}"]),
            flag_set(actions = actions, flag_groups = [_libraries_to_link(False)]),
            _optional(actions, "linker_param_file", ["@%{linker_param_file}"]),
        ],
    )

def _strip():
    actions = [ACTION_NAMES.strip]
    return feature(
        name = "strip_flags",
        enabled = True,
        flag_sets = [
            flag_set(actions = actions, flag_groups = [flag_group(
                flags = ["-S", "-o", "%{output_file}"],
            )]),
            _each(actions, "stripopts", ["%{stripopts}"]),
            flag_set(actions = actions, flag_groups = [flag_group(flags = ["%{input_file}"])]),
        ],
    )

def _reproducible():
    """The same output in any folder, at any time, on any machine."""
    return feature(
        name = "reproducible",
        enabled = True,
        flag_sets = _flags(_COMPILE_ACTIONS + _LINK_ACTIONS, [
            "-no-canonical-prefixes",
            "-ffile-compilation-dir=.",
        ]) + _flags(_PREPROCESS_ACTIONS, [
            "-Wno-builtin-macro-redefined",
            "-D__DATE__=\"redacted\"",
            "-D__TIMESTAMP__=\"redacted\"",
            "-D__TIME__=\"redacted\"",
        ]),
    )

def _formats():
    """A printf format that does not fit its arguments is an error, in users' code too."""
    return feature(
        name = "format_errors",
        enabled = True,
        flag_sets = _flags(_C_ACTIONS + _CXX_ACTIONS, ["-Werror=format"]),
    )

def _warnings():
    """Ringside's own packages ask for this one: package(features = ["strict_warnings"])."""
    return feature(
        name = "strict_warnings",
        flag_sets = _flags(_C_ACTIONS + _CXX_ACTIONS, [
            "-Wall",
            "-Wextra",
            "-Wvla",
            "-Wwrite-strings",
            "-Wno-unused-parameter",
            "-Wno-missing-field-initializers",
            "-Werror",
        ]) + _flags(_C_ACTIONS, [
            "-Wmissing-prototypes",
            "-Wstrict-prototypes",
        ]),
    )

def _sanitizer(name, flags):
    """A sanitizer; only a toolchain whose row says so has its runtime."""
    return feature(
        name = name,
        flag_sets = _flags(_C_ACTIONS + _CXX_ACTIONS + _LINK_ACTIONS, flags) +
                    _flags(_C_ACTIONS + _CXX_ACTIONS, ["-fno-omit-frame-pointer", "-g1"]),
    )

def _cc_toolchain_config_impl(ctx):
    linker = ["--ld-path=" + ctx.file.linker.path]
    features = _plumbing() + [
        feature(
            name = "target",
            enabled = True,
            flag_sets = _flags(_COMPILE_ACTIONS, ["--target=" + ctx.attr.triple]) +
                        _flags(_LINK_ACTIONS, ["--target=" + (ctx.attr.link_triple or ctx.attr.triple)] + linker),
        ),
        _reproducible(),
        feature(
            name = "target_compile_flags",
            enabled = True,
            flag_sets = _flags(_COMPILE_ACTIONS, ctx.attr.compile_flags) +
                        # Most of them mean nothing to an assembler.
                        _flags([ACTION_NAMES.assemble], ["-Qunused-arguments"]) +
                        _flags(_C_ACTIONS, ctx.attr.c_flags) +
                        _flags(_CXX_ACTIONS, ctx.attr.cxx_flags),
        ),
        feature(
            name = "target_link_flags",
            enabled = True,
            flag_sets = _flags(_LINK_ACTIONS, ctx.attr.link_flags),
        ),
    ]
    if ctx.attr.simd_flags:
        features.append(feature(
            name = "simd",
            flag_sets = _flags(_COMPILE_ACTIONS, ctx.attr.simd_flags),
        ))
    if ctx.attr.hosted:
        features += [
            feature(name = "opt", flag_sets = _flags(_COMPILE_ACTIONS, ["-O2", "-DNDEBUG"])),
            feature(name = "dbg", flag_sets = _flags(_COMPILE_ACTIONS, ["-g"])),
            feature(name = "fastbuild"),
            _sanitizer("asan", ["-fsanitize=address"]),
            _sanitizer("ubsan", ["-fsanitize=undefined", "-fno-sanitize-recover=undefined"]),
            # One file that runs anywhere Linux runs. The address sanitizer's
            # runtime has to be able to replace the C library's functions.
            feature(
                name = "static_executable",
                enabled = True,
                flag_sets = _flags(
                    _LINK_ACTIONS,
                    ["-static"],
                    with_features = [with_feature_set(not_features = ["asan"])],
                ) + _flags(
                    _LINK_ACTIONS,
                    ["-no-pie"],
                    with_features = [with_feature_set(features = ["asan"])],
                ),
            ),
        ]
    features += [
        _formats(),
        _warnings(),
        _compile_outputs(),
        _link_inputs(ctx.attr.hosted),
        _archive(),
        _strip(),
        feature(name = "static_linking_mode"),
        feature(name = "static_link_cpp_runtimes"),
    ]

    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        abi_libc_version = "unknown",
        abi_version = "unknown",
        action_configs = _action_configs(ctx),
        compiler = "clang",
        cxx_builtin_include_directories = ctx.attr.builtin_include_directories,
        features = features,
        host_system_name = "local",
        target_cpu = ctx.attr.cpu,
        target_libc = "glibc" if ctx.attr.hosted else "none",
        target_system_name = ctx.attr.triple,
        toolchain_identifier = TOOLCHAIN_PREFIX + ctx.label.name,
    )

_TOOL = {"allow_single_file": True, "mandatory": True}

cc_toolchain_config = rule(
    implementation = _cc_toolchain_config_impl,
    doc = "The flags and tools of one row of architectures.bzl.",
    attrs = {
        "ar": attr.label(doc = "llvm-ar.", **_TOOL),
        "builtin_include_directories": attr.string_list(
            doc = "Folders whose headers any compilation may include undeclared.",
        ),
        "c_flags": attr.string_list(doc = "Flags for C only."),
        "clang": attr.label(doc = "The C compiler.", **_TOOL),
        "clangxx": attr.label(doc = "The C++ compiler and linker driver.", **_TOOL),
        "compile_flags": attr.string_list(doc = "Flags for every compilation."),
        "cpu": attr.string(mandatory = True, doc = "The name that Bazel shows for the CPU."),
        "cxx_flags": attr.string_list(doc = "Flags for C++ only."),
        "hosted": attr.bool(doc = "Whether there is an operating system: sanitizers, compilation modes."),
        "link_flags": attr.string_list(doc = "Flags for every link."),
        "link_triple": attr.string(doc = "Clang's target for linking, if it differs."),
        "linker": attr.label(doc = "ld.lld.", **_TOOL),
        "no_shared_library": attr.label(doc = "Refuses to link one.", **_TOOL),
        "objcopy": attr.label(doc = "llvm-objcopy.", **_TOOL),
        "simd_flags": attr.string_list(doc = "Flags of the feature \"simd\"; none: there is no such feature."),
        "strip": attr.label(doc = "llvm-strip.", **_TOOL),
        "triple": attr.string(mandatory = True, doc = "Clang's target."),
    },
    provides = [CcToolchainConfigInfo],
)
