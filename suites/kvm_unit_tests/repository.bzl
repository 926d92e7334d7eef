# SPDX-License-Identifier: MIT
"""kvm_unit_tests: a repository of tests, from a checkout of kvm-unit-tests."""

load("//suites/kvm_unit_tests:unittests_cfg.bzl", "read_entry", "read_sections")

visibility("public")

# An emulated machine is slower than what the checkout counts on, by so much.
_SLOWER = 3

_TIMEOUTS = [
    ("moderate", 300),
    ("long", 900),
]

# Machines with what an entry's check wants of KVM's parameters.
_CHECK_MACHINES = {
    "/sys/module/kvm/parameters/enable_vmware_backdoor=Y": Label("//suites/kvm_unit_tests:intel_vmware_backdoor"),
    "/sys/module/kvm_intel/parameters/allow_smaller_maxphyaddr=Y": Label("//suites/kvm_unit_tests:intel_maxphyaddr"),
}

def _value(rctx, configuration, name):
    for line in configuration.split("\n"):
        key, equals, value = line.partition("=")
        if equals and key.strip() == name:
            return value.strip()
    fail("{}/config.mak does not say {}. Fix: configure the checkout for x86, and build it".format(
        rctx.attr.tree,
        name,
    ))

def _path(rctx, folder, path):
    """A path as it is, or one that begins in a folder."""
    return rctx.path(path) if path.startswith("/") else rctx.path("{}/{}".format(folder, path))

def _timeout(rctx, name, seconds):
    if name in rctx.attr.timeouts:
        return rctx.attr.timeouts[name]
    for timeout, limit in _TIMEOUTS:
        if seconds * _SLOWER <= limit:
            return timeout
    return "eternal"

def _target(rctx, name, entry, image):
    machines = rctx.attr.machines.get(name, [
        str(_CHECK_MACHINES[check])
        for check in entry.checks
        if check in _CHECK_MACHINES
    ])
    attributes = {
        "args": entry.args,
        "checks": entry.checks,
        "cpu": entry.cpu,
        "cpu_pm": entry.cpu_pm,
        "devices": entry.devices,
        "image": image,
        "known_failure": rctx.attr.known_failures.get(name),
        "machines": machines,
        "memory_mb": entry.memory_mb,
        "name": name,
        "requires": entry.requires,
        "smp": entry.smp,
        "tags": ["group-" + group for group in entry.groups] +
                (["manual"] if "nodefault" in entry.groups else []),
        "timeout": _timeout(rctx, name, entry.seconds),
    }
    return "kvm_unit_test(\n{})\n".format("".join([
        "    {} = {},\n".format(attribute, repr(value))
        for attribute, value in attributes.items()
        if value
    ]))

def _kvm_unit_tests_impl(rctx):
    tree = _path(rctx, rctx.workspace_root, rctx.attr.tree)
    if not tree.get_child("config.mak").exists:
        fail("{} has no config.mak: it is no checkout of kvm-unit-tests, or was not built. ".format(tree) +
             "Fix: name the folder in which ./configure and make were called")
    configuration = rctx.read(tree.get_child("config.mak"), watch = "yes")
    arch = _value(rctx, configuration, "ARCH")
    if arch not in ["i386", "x86_64"]:
        fail("{} is built for {}. Fix: ./configure --arch=x86_64 or --arch=i386, and make".format(tree, arch))
    source = _path(rctx, tree, _value(rctx, configuration, "SRCDIR")).get_child("x86")
    sections = read_sections(rctx.read(source.get_child("unittests.cfg"), watch = "yes"))

    targets = []
    missing = []
    images = {}
    for name, section in sections:
        entry = read_entry(name, section, rctx.attr.memory.get(name))
        if name in rctx.attr.exclude or entry.arch not in ["", arch]:
            continue
        file = tree.get_child("x86").get_child(entry.file)
        if not file.exists:
            missing.append(entry.file)
            continue
        if entry.file not in images:
            images[entry.file] = True
            rctx.symlink(file, "x86/" + entry.file)
        targets.append(_target(rctx, name, entry, "x86/" + entry.file))
    if not targets:
        fail("{} has no image for {} that its x86/unittests.cfg names. Fix: call make there".format(tree, arch))
    named = [rctx.attr.known_failures, rctx.attr.machines, rctx.attr.memory, rctx.attr.timeouts]
    for name in rctx.attr.exclude + [name for names in named for name in names]:
        if name not in [section[0] for section in sections]:
            fail("{} has no test \"{}\" in its x86/unittests.cfg. Fix: leave it out".format(tree, name))
    if missing:
        # buildifier: disable=print
        print("{}: not built, so there are no tests of it: {}".format(tree, ", ".join(missing)))
    rctx.file("BUILD.bazel", "\n".join([
        "# Made by kvm_unit_tests() from {}/unittests.cfg.".format(source),
        "load(\"{}\", \"kvm_unit_test\")\n".format(Label("//:defs.bzl")),
        "package(default_visibility = [\"//visibility:public\"])\n",
    ] + targets))

kvm_unit_tests = repository_rule(
    implementation = _kvm_unit_tests_impl,
    doc = """The tests of a checkout of kvm-unit-tests: a kvm_unit_test for each entry of its
x86/unittests.cfg that is for the architecture that it was built for.

Entries of the group "nodefault" are tagged "manual", and each group is a tag:
"group-vmx". The checkout is the user's, as are its images: building them anew is
seen by the next test.""",
    local = True,
    attrs = {
        "exclude": attr.string_list(
            doc = "Names of entries to leave out.",
        ),
        "known_failures": attr.string_dict(
            doc = "Why entries fail, by their names.",
        ),
        "machines": attr.string_list_dict(
            doc = "Machines for entries, by their names, in place of what they require.",
        ),
        "memory": attr.string_dict(
            doc = "The guest's RAM for entries, by their names, in place of what they ask QEMU for: \"128\" (MiB), \"4g\".",
        ),
        "timeouts": attr.string_dict(
            doc = "Timeouts for entries, by their names: \"short\" to \"eternal\".",
        ),
        "tree": attr.string(
            mandatory = True,
            doc = "The folder in which ./configure and make were called: a path that is absolute, or begins in the workspace.",
        ),
    },
)
