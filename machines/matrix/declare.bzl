# SPDX-License-Identifier: MIT
"""What //machines:matrix has Bazel run."""

load("//machines:machine_with_kernel.bzl", "machine_with_kernel")
load("//machines:matrix_cell_test.bzl", "matrix_cell_test")

# The package that loads it is in any workspace.
visibility("public")

# What Bazel goes by when it runs a test, and where a query's answer has it.
_KEPT = {
    "exec_properties": "stringDictValue",
    "flaky": "booleanValue",
    "local": "booleanValue",
    "shard_count": "intValue",
    "size": "stringValue",
    "tags": "stringListValue",
    "timeout": "stringValue",
}

def kept_attributes(attributes):
    """The attributes that a test's cells have to have, too.

    Args:
      attributes: a dict from the test's attributes to what a query tells of each.

    Returns:
      A dict of values.
    """
    kept = {
        name: attributes[name][key]
        for name, key in _KEPT.items()
        if key in attributes.get(name, {})
    }
    if kept.get("shard_count") == -1:
        kept.pop("shard_count")
    if "exec_properties" in kept:
        kept["exec_properties"] = {entry["key"]: entry["value"] for entry in kept["exec_properties"]}

    # A wildcard, as the matrix's own is, passes over what is manual.
    kept["tags"] = [tag for tag in kept.get("tags", []) if tag != "manual"]
    return kept

def _last_part(label):
    return label.split("/")[-1].split(":")[-1]

def is_for(attributes, machine):
    """Whether a test runs on a machine: one that names its machines does on these alone.

    Args:
      attributes: as for kept_attributes().
      machine: the machine's label; "" for the host.

    Returns:
      True or False.
    """
    pinned = attributes.get("pinned", {}).get("booleanValue")
    return not pinned or _last_part(attributes["emulated"]["stringValue"]) == _last_part(machine)

def cell_name(label):
    """Makes a label a part of a target's name, from which fill.c makes it again.

    Args:
      label: a test's.

    Returns:
      A string.
    """
    return label.replace("//", "/", 1).replace(":", "=", 1).removeprefix("/")

# The matrix itself has no name.
# buildifier: disable=unnamed-macro
def declare_cells(tests, columns):
    """Declares a test for each test in each column.

    Args:
      tests: machine_tests, as "bazel query --output=streamed_jsonproto" tells of them.
      columns: a list of tuples: how names of its targets begin, and the labels of its machine and
        kernel, which are empty for the host.
    """
    for name, machine, kernel in columns:
        if machine:
            machine_with_kernel(
                name = name,
                kernel = kernel,
                machine = machine,
                # Not by itself, in another configuration than for a test: that boots it again.
                tags = ["manual"],
            )
    for line in tests.strip().splitlines():
        rule = json.decode(line)["rule"]
        attributes = {attribute["name"]: attribute for attribute in rule["attribute"]}
        kept = kept_attributes(attributes)
        for name, machine, _ in columns:
            matrix_cell_test(
                name = "{}/{}".format(name, cell_name(rule["name"])),
                machine = name if machine else None,
                # Skipped by Bazel itself.
                target_compatible_with = [] if is_for(attributes, machine) else [Label("@platforms//:incompatible")],
                test = rule["name"],
                **kept
            )
