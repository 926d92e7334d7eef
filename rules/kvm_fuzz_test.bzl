# SPDX-License-Identifier: MIT
"""kvm_fuzz_test: libFuzzer drives a payload through one input after another."""

load("@bazel_skylib//rules:write_file.bzl", "write_file")
load("//rules:kvm_fuzz_test_args.bzl", "check_kvm_fuzz_test_args", "finding_rule", "timeout_for")
load("//rules:kvm_test.bzl", "kvm_test")

visibility("//...")

# A counter for each edge, in the payload's own memory.
_COUNT_EDGES = "-fsanitize-coverage=inline-8bit-counters"

def kvm_fuzz_test(
        *,
        name,
        srcs = None,
        payload_srcs = None,
        guest = "x86_64",
        requires = [],
        corpus = [],
        dictionary = None,
        max_input = 4096,
        seconds = 5,
        deps = [],
        payload_deps = [],
        payload_copts = [],
        tags = [],
        **kwargs):
    """Feeds a payload inputs that libFuzzer makes, and reports each that raises a failure.

    The payload calls tst_input() for its input, and says with tst_res(TFAIL, ...) what is
    wrong. TFAIL, TBROK, TWARN, an exit that nobody expects, an input that takes longer
    than 5 s, and a warning of the host's kernel are findings. docs/fuzzing.md is the guide.

    As a test it replays the corpus, a case for each file, then fuzzes for some
    seconds with a fixed seed. `bazel run` fuzzes until Ctrl-C, and keeps corpus and findings
    in `bazel-fuzz/<package>/<name>` of the workspace.

    Makes the test `<name>`, and the filegroups `<name>._srcs` and `<name>._payload_srcs`,
    of which findings are built.

    Args:
      name: the test's name.
      srcs: sources of the controller, which may define `tst_kvm_fuzz`
        (ringside/fuzz.h); without `payload_srcs`, C files that hold both sides.
      payload_srcs: sources of the payload, if they are separate.
      guest: the payload's architecture: "x86_64", "i386".
      requires: the capabilities that the machine must have, as for kvm_test.
      corpus: files, each an input. A literal list, or a glob().
      dictionary: a file of words that inputs may have, as libFuzzer reads it.
      max_input: bytes of the longest input, up to 4096.
      seconds: how long a test fuzzes; 0: it replays the corpus alone.
      deps: libraries of the controller.
      payload_deps: libraries of the payload.
      payload_copts: compiler options of the payload.
      tags: tags of the test, beside "kvm" and "fuzz".
      **kwargs: what kvm_test knows, but for `guests`, `machines` and `payloads`.
    """
    error = check_kvm_fuzz_test_args(
        name = name,
        srcs = srcs,
        payload_srcs = payload_srcs,
        guest = guest,
        corpus = corpus,
        dictionary = dictionary,
        max_input = max_input,
        seconds = seconds,
        extra = kwargs.keys(),
    )
    if error:
        fail(error)
    if "size" not in kwargs and "timeout" not in kwargs:
        kwargs["timeout"] = timeout_for(seconds)
    data = kwargs.pop("data", [])
    env = kwargs.pop("env", {})
    both_sides = payload_srcs == None
    if both_sides:
        payload_srcs = srcs
    for group, files in {"._payload_srcs": payload_srcs, "._srcs": srcs or []}.items():
        native.filegroup(
            name = name + group,
            testonly = True,
            srcs = files,
            # Wherever a finding's test is put, in this repository.
            visibility = ["//:__subpackages__"],
        )

    package = native.package_name()
    settings = ["name " + name, "max_input {}".format(max_input), "seconds {}".format(seconds)]
    settings += ["corpus {}/{}".format(package, file) for file in corpus]
    if dictionary:
        settings.append("dictionary {}/{}".format(package, dictionary))
    write_file(
        name = name + "._fuzz",
        out = name + ".fuzz",
        content = settings + [""] + finding_rule(
            label = "//{}:{}".format(package, name),
            has_srcs = bool(srcs),
            guest = guest,
            requires = requires,
            arguments = kwargs | {
                "deps": deps,
                "payload_copts": payload_copts,
                "payload_deps": payload_deps,
            },
        ) + [""],
        tags = ["manual"],
        testonly = True,
        visibility = ["//visibility:private"],
    )

    kvm_test(
        name = name,
        srcs = srcs or [Label("//host/fuzz:no_controller.c")],
        payload_srcs = payload_srcs,
        guests = [guest],
        requires = requires,
        data = data + corpus + [name + "._fuzz"] + ([dictionary] if dictionary else []),
        env = env | {"RINGSIDE_FUZZ": "{}/{}.fuzz".format(package, name)},
        deps = deps + [Label("//host/fuzz")],
        payload_copts = payload_copts + [_COUNT_EDGES],
        payload_deps = payload_deps,
        tags = tags + ["fuzz"],
        **kwargs
    )
