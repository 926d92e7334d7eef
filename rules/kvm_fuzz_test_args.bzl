# SPDX-License-Identifier: MIT
"""What kvm_fuzz_test accepts, and the rule of what it finds. Pure functions, with unit tests."""

visibility("//...")

# KVM_INPUT_SIZE of abi/kvm_abi.h.
_MAX_INPUT = 4096

# What kvm_test has, and a fuzz test can't.
_NOT_FOR_FUZZING = {
    "guests": "write one kvm_fuzz_test for each guest, with guest = \"...\"",
    "machines": "say what it requires, and choose with --//machines:machine",
    "payloads": "a fuzz test has one payload: payload_srcs",
    "shard_count": "remove it",
}

# What the test of a finding is built with, if the fuzz test is.
_KEPT = [
    "additional_compiler_inputs",
    "copts",
    "deps",
    "payload_copts",
    "payload_data_files",
    "payload_deps",
    "payload_features",
    "payload_stack_size",
]

def _check_number(what, value, least, most):
    """Checks a number's range; returns a message or None."""
    if type(value) != "int" or value < least or value > most:
        return "{} is {}; it is a number from {} to {}".format(what, repr(value), least, most)
    return None

def _check_files(what, files):
    """Checks files of the package itself, which their names lead to; returns a message or None."""
    for file in files:
        if type(file) != "string" or file.startswith((":", "/", "@")):
            return "{} names {}; it is a file of this package, by its path in it".format(what, repr(file))
    return None

def check_kvm_fuzz_test_args(
        *,
        name,
        srcs,
        payload_srcs,
        guest,
        corpus = [],
        dictionary = None,
        max_input = _MAX_INPUT,
        seconds = 5,
        extra = []):
    """Checks the arguments that kvm_test does not check.

    Args:
      name: the test's name.
      srcs: the controller's sources, or None.
      payload_srcs: the payload's sources, or None.
      guest: the payload's architecture.
      corpus: the corpus's files.
      dictionary: the dictionary's file, or None.
      max_input: bytes of the longest input.
      seconds: how long to fuzz.
      extra: names of the other arguments given.

    Returns:
      A message that names the argument and the mend, or None.
    """
    error = None
    for argument in extra:
        if argument in _NOT_FOR_FUZZING:
            error = "{} is not for fuzz tests; {}".format(argument, _NOT_FOR_FUZZING[argument])
    if not error and not srcs and not payload_srcs:
        error = "there is no payload_srcs; name the payload's source files"
    if not error and type(guest) != "string":
        error = "guest must be one name, not a {}; write guest = \"x86_64\"".format(type(guest))
    if not error and type(corpus) != "list":
        error = "corpus must be a list, not a {}; write corpus = glob([\"corpus/*\"])".format(type(corpus))
    error = (
        error or
        _check_files("corpus", corpus) or
        _check_files("dictionary", [dictionary] if dictionary != None else []) or
        _check_number("max_input", max_input, 1, _MAX_INPUT) or
        _check_number("seconds", seconds, 0, 1800)
    )
    return "kvm_fuzz_test(name = \"{}\"): {}".format(name, error) if error else None

def timeout_for(seconds):
    """The timeout of a test that fuzzes so long.

    Args:
      seconds: how long it fuzzes. There is room for a look of a minute or two, too.

    Returns:
      A value of the attribute `timeout`.
    """
    if seconds <= 150:
        return "moderate"
    return "long" if seconds <= 450 else "eternal"

def _absolute(package, label):
    """A label that means the same in another package."""
    if type(label) != "string" or label.startswith(("/", "@")):
        return label
    return package + (label if label.startswith(":") else ":" + label)

def finding_rule(*, label, has_srcs, guest, requires, arguments):
    """The kvm_test of a finding of a fuzz test.

    Args:
      label: the fuzz test's label, without a repository.
      has_srcs: whether it has sources of the controller.
      guest: the payload's architecture.
      requires: the requirements.
      arguments: what kvm_test got beside these.

    Returns:
      Lines, in which @NAME@ stands for the finding's name.
    """
    package = label.split(":")[0]
    lines = [
        "kvm_test(",
        "    name = \"@NAME@\",",
        "    srcs = [",
        "        \"@NAME@.c\",",
    ]
    if has_srcs:
        lines.append("        \"{}._srcs\",".format(label))
    lines += ["    ],", "    guests = [\"{}\"],".format(guest)]
    for key in _KEPT:
        value = arguments.get(key)
        if type(value) == "list" and key.endswith("deps"):
            value = [_absolute(package, dep) for dep in value]
        if type(value) == "dict":
            value = {symbol: _absolute(package, file) for symbol, file in value.items()}
        if value:
            lines.append("    {} = {},".format(key, repr(value)))
    lines.append("    payload_srcs = [\"{}._payload_srcs\"],".format(label))
    if requires:
        lines.append("    requires = {},".format(repr(requires)))
    return lines + [")"]
