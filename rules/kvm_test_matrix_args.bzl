# SPDX-License-Identifier: MIT
"""What kvm_test_matrix is called with, and what it makes of that."""

visibility("//...")

HOST = "host"

def _last_part(label):
    return label.split("/")[-1].split(":")[-1]

def _test_name(label):
    """A label as part of a target's name: ":a" is "a", "@r//b:a" is "r/b/a"."""
    if ":" not in label and "/" in label:
        label = "{}:{}".format(label, _last_part(label))
    return label.replace("@", "").replace("//", "/").replace(":", "/").strip("/")

def _check_list(attribute, value, example):
    """Checks that a list is one, has something in it, and nothing twice."""
    if type(value) != "list":
        return "{} must be a list, not a {}; write {} = [{}]".format(attribute, type(value), attribute, example)
    for i, entry in enumerate(value):
        if type(entry) != "string":
            return "{} holds {}, which is no string; write {} = [{}]".format(attribute, repr(entry), attribute, example)
        if entry in value[:i]:
            return "{} names \"{}\" twice; name it once".format(attribute, entry)
    return None

def _check_names(attribute, value, name_of):
    """Checks that targets can be named after the entries of a list."""
    names = {}
    for entry in value:
        name = name_of(entry)
        if name in names:
            return "{} has \"{}\" and \"{}\", and the tests for both would be named \"{}\"; put one of them in another kvm_test_matrix".format(
                attribute,
                names[name],
                entry,
                name,
            )
        names[name] = entry
    return None

def _check(tests, machines, kernels, known_machines):
    error = (
        _check_list("tests", tests, "\":my_test\"") or
        _check_list("machines", machines, "\"amd\"") or
        _check_list("kernels", kernels, "\":my_kernel\"")
    )
    if error:
        return error
    if not tests:
        return "tests is empty; name at least one test"
    if not machines:
        return "machines is empty; name at least one machine, or leave it out to take all"
    for machine in machines:
        if machine not in known_machines and not machine.startswith((":", "/", "@")):
            return "unknown machine \"{}\"; known are {}, and others are named by their labels".format(
                machine,
                ", ".join(["\"{}\"".format(known) for known in known_machines]),
            )
    if kernels and machines == [HOST]:
        return "kernels are for emulated machines, and there is only the host; add a machine"
    return (
        _check_names("tests", tests, _test_name) or
        _check_names("machines", machines, _last_part) or
        _check_names("kernels", kernels, _last_part)
    )

def check_kvm_test_matrix_args(name, tests, machines, kernels, known_machines):
    """Tells what is wrong with the arguments of a kvm_test_matrix.

    Args:
      name: kvm_test_matrix's argument, as the next three.
      tests: a list of labels.
      machines: a list of names and labels.
      kernels: a list of labels.
      known_machines: the machines that have names without a label.

    Returns:
      A message, or None.
    """
    error = _check(tests, machines, kernels, known_machines)
    return "kvm_test_matrix(name = \"{}\"): {}".format(name, error) if error else None

def matrix_columns(name, machines, kernels):
    """The columns of a matrix.

    Args:
      name: the name of the kvm_test_matrix.
      machines: its machines.
      kernels: its kernels; none for that which the machine boots.

    Returns:
      A list of structs: `name`, how its tests' names begin; `machine`; `kernel`, None for
      the machine's own.
    """
    columns = []
    for machine in machines:
        column = "{}/{}".format(name, _last_part(machine))
        if machine == HOST or not kernels:
            columns.append(struct(name = column, kernel = None, machine = machine))
            continue
        columns += [
            struct(name = "{}/{}".format(column, _last_part(kernel)), kernel = kernel, machine = machine)
            for kernel in kernels
        ]
    return columns

def cell_name(column, test):
    """Names the test that a matrix has for one test in one column.

    Args:
      column: from matrix_columns().
      test: a label.

    Returns:
      A target's name.
    """
    return "{}/{}".format(column.name, _test_name(test))
