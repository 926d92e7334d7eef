# SPDX-License-Identifier: MIT
"""What kvm_test accepts. Pure functions, so that every message has a unit test."""

load("//machines:fixes.bzl", "check_fixes")
load("//machines/capabilities:table.bzl", "CAPABILITIES")
load("//toolchains:architectures.bzl", "GUESTS")

visibility("//...")

# What each test of a guest requires by itself: without it, the guest is not what
# its architecture says.
_REQUIRED_BY_GUEST = {
    guest: [
        capability
        for capability, row in CAPABILITIES.items()
        if guest in row.required_by
    ]
    for guest in GUESTS
}

# What a test can ask of the machine that it runs on.
REQUIREMENTS = [
    capability
    for capability, row in CAPABILITIES.items()
    if not row.required_by
]

# What a payload can be compiled for.
PAYLOAD_FEATURES = ["simd"]

# Bytes of a payload's stack: a page, and what leaves room for others in RAM.
_STACK_SIZE_UNIT = 4096
_STACK_SIZE_MAX = 64 << 20

# No CPU meets two of these.
_ONE_OF = ["svm", "vmx"]

# Attributes of a test that kvm_test passes on.
_PASSED_ON = [
    "args",
    "data",
    "deprecation",
    "env",
    "env_inherit",
    "exec_properties",
    "features",
    "flaky",
    "local",
    "shard_count",
    "size",
    "target_compatible_with",
    "testonly",
    "timeout",
    "toolchains",
    "visibility",
]

# Attributes of a test that kvm_program_test passes on.
_PASSED_ON_BY_PROGRAMS = [argument for argument in _PASSED_ON if argument != "features"]

# Its own.
_OWN = [
    "additional_compiler_inputs",
    "copts",
    "deps",
    "fixed_by",
    "guests",
    "name",
    "payload_copts",
    "payload_deps",
    "payload_srcs",
    "requires",
    "srcs",
    "tags",
]

_PROGRAMS_OWN = [
    "filter_args",
    "known_failure",
    "machines",
    "name",
    "program",
    "requires",
    "results",
    "tags",
]

# How a program can write its results.
_RESULTS = ["kvm-unit-tests", "tap"]

# What others call them.
_OTHER_NAMES = {
    "payload": "payload_srcs",
    "payload_sources": "payload_srcs",
    "requirements": "requires",
    "source": "srcs",
    "sources": "srcs",
}

# Letters that may be wrong in a name that is still understood.
_TYPOS = 2

_SELECT = type(select({"//conditions:default": []}))

def _quoted(values):
    return ", ".join(["\"{}\"".format(value) for value in sorted(values)])

def _check_characters(what, name):
    """Checks that a name can be a part of paths in a linker's parameter file; returns a message or None."""
    for character in [" ", "\"", "'"]:
        if character in name:
            return what + " has a character that linkers take amiss, a blank or a quote; give it another name"
    return None

def _distance(one, other):
    """How many letters to insert, remove or replace to make one word of the other."""
    row = list(range(len(other) + 1))
    for i in range(len(one)):
        above = row
        row = [i + 1]
        for k in range(len(other)):
            row.append(min(row[k] + 1, above[k + 1] + 1, above[k] + (0 if one[i] == other[k] else 1)))
    return row[-1]

def _meant(argument, known_arguments):
    """The known argument whose name is nearest, or None."""
    if _OTHER_NAMES.get(argument) in known_arguments:
        return _OTHER_NAMES[argument]
    nearest = min(len(argument) // 2, _TYPOS) + 1
    meant = None
    for known in known_arguments:
        distance = _distance(argument, known)
        if distance < nearest:
            nearest = distance
            meant = known
    return meant

def _check_extra(extra, macro = "kvm_test", own = _OWN, passed_on = _PASSED_ON):
    """Checks the names of the other arguments given; returns a message or None."""
    for argument in extra:
        if argument in passed_on:
            continue
        meant = _meant(argument, own + passed_on)
        if meant:
            return "unknown argument \"{}\"; did you mean \"{}\"?".format(argument, meant)
        return "unknown argument \"{}\"; beside its own, {} takes {}".format(
            argument,
            macro,
            _quoted(passed_on),
        )
    return None

def _check_strings(attribute, value, known, noun):
    """Checks a literal list of known, distinct names; returns a message or None."""
    if type(value) == _SELECT:
        return ("{0} can't be a select(): it decides which targets exist; " +
                "write one kvm_test per case and select() among them").format(attribute)
    if type(value) != "list":
        return "{} must be a list, not a {}; write {} = [...]".format(attribute, type(value), attribute)
    for i, element in enumerate(value):
        if element not in known:
            return "unknown {} {}; known are {}".format(
                noun,
                repr(element),
                _quoted(known),
            )
        if element in value[:i]:
            return "{} names \"{}\" twice; name it once".format(attribute, element)
    return None

def _check_own(attribute, value):
    """Refuses what tests require by themselves; returns a message or None."""
    for guest, own in _REQUIRED_BY_GUEST.items():
        for element in value if type(value) == "list" else []:
            if element in own:
                return "{} names \"{}\", which each {} test requires by itself; remove it".format(
                    attribute,
                    element,
                    guest,
                )
    return None

def _check_sources(attribute, value, payload):
    """Checks a list of sources; a select() is left to Bazel. Returns a message or None."""
    if type(value) == _SELECT:
        return None
    if value == None:
        return "there is no {}; name at least one source file".format(attribute)
    if type(value) != "list":
        return "{} must be a list, not a {}; write {} = [...]".format(attribute, type(value), attribute)
    if not value:
        return "{} is empty; name at least one source file".format(attribute)
    for source in value:
        error = _check_characters("{} holds \"{}\", which".format(attribute, source), str(source))
        if error:
            return error
    if payload:
        for source in value:
            if not str(source).endswith((".c", ".h", ".S", ".s")) and not str(source).startswith((":", "/", "@")):
                return "{} holds \"{}\", but a payload is written in C or assembly (.c, .h, .S, .s); {}".format(
                    attribute,
                    source,
                    "for a controller in C++, name the payload's files in payload_srcs" if attribute == "srcs" else "if it is the controller's, name it in srcs",
                )
    return None

def _machine_name(machine):
    """The last part of a machine's name or label."""
    return machine.split("/")[-1].split(":")[-1]

def _check_machines(value, known):
    """Checks a literal list of machines: known names, or labels. Returns a message or None."""
    if type(value) == _SELECT or type(value) != "list":
        return _check_strings("machines", value, [], "machine")
    for i, machine in enumerate(value):
        if machine not in known and not machine.startswith((":", "/", "@")):
            return "unknown machine {}; known are {}, and others are named by their labels".format(
                repr(machine),
                _quoted(known),
            )
        if _machine_name(machine) in [_machine_name(other) for other in value[:i]]:
            return "machines has two of the name \"{}\", and tests are named after them; name it once".format(
                _machine_name(machine),
            )
    return None

def _is_identifier(name):
    """Whether C takes it as a name, and Bazel in a target's."""
    return name and not name[0].isdigit() and not [c for c in name.elems() if not (c.isalnum() or c == "_")]

def _check_payloads(payloads, payload_srcs):
    """Checks the attribute payloads; returns a message or None."""
    if payloads == None:
        return None
    if payload_srcs != None:
        return "payload_srcs and payloads exclude each other; make payload_srcs one of the payloads"
    if type(payloads) != "dict" or not payloads:
        return "payloads must be a dict with an entry at least; write payloads = {\"name\": [...]}"
    for name, srcs in payloads.items():
        if not _is_identifier(name):
            return "payloads has a payload \"{}\"; a name has letters, digits and _".format(name)
        error = _check_sources("payloads[\"{}\"]".format(name), srcs, payload = True)
        if error:
            return error
    return None

def _check_data_files(files):
    """Checks the attribute payload_data_files; returns a message or None."""
    if type(files) != "dict":
        return "payload_data_files must be a dict; write payload_data_files = {\"name\": \"file\"}"
    for name in files:
        if not _is_identifier(name):
            return "payload_data_files names \"{}\", which is no name in C; use letters, digits and _".format(name)
    return None

def _check_stack_size(size):
    """Checks the attribute payload_stack_size; returns a message or None."""
    if type(size) != "int":
        return "payload_stack_size must be a number of bytes, not a {}".format(type(size))
    if size < 0 or size > _STACK_SIZE_MAX or size % _STACK_SIZE_UNIT:
        return "payload_stack_size is {}; it is a multiple of {}, at most {}".format(
            size,
            _STACK_SIZE_UNIT,
            _STACK_SIZE_MAX,
        )
    return None

def check_kvm_test_args(
        *,
        name,
        package,
        srcs,
        payload_srcs,
        guests,
        requires,
        machines = [],
        known_machines = [],
        fixed_by = [],
        payloads = None,
        payload_data_files = {},
        payload_features = [],
        payload_stack_size = 0,
        extra = []):
    """Checks the arguments of kvm_test.

    Args:
      name: the test's name.
      package: the name of the package that it is in.
      srcs: the controller's sources.
      payload_srcs: the payload's sources, or None.
      guests: the payload architectures.
      requires: the requirements.
      machines: names or labels of machines.
      known_machines: the machines that have names without a label.
      fixed_by: the fixes of KVM.
      payloads: the payloads by name, or None.
      payload_data_files: files by the name that they have in the payload.
      payload_features: the features of the payload.
      payload_stack_size: bytes of a stack, or 0.
      extra: names of the other arguments given.

    Returns:
      A message that names the argument and the mend, or None.
    """
    error = (
        _check_sources("srcs", srcs, payload = payload_srcs == None and payloads == None) or
        _check_payloads(payloads, payload_srcs) or
        _check_data_files(payload_data_files) or
        _check_strings("payload_features", payload_features, PAYLOAD_FEATURES, "payload feature") or
        _check_stack_size(payload_stack_size) or
        (None if payload_srcs == None else _check_sources("payload_srcs", payload_srcs, payload = True)) or
        _check_strings("guests", guests, GUESTS.keys(), "guest") or
        (None if guests else "guests is empty; name at least one of {}".format(_quoted(GUESTS.keys()))) or
        _check_own("requires", requires) or
        _check_requires(requires, machines, known_machines) or
        check_fixes("fixed_by", fixed_by)
    )

    # Argument and name first: what else is wrong may come from them.
    error = (
        _check_extra(extra) or
        _check_characters("name \"{}\"".format(name), name) or
        _check_characters("package \"{}\"".format(package), package) or
        error
    )
    return "kvm_test(name = \"{}\"): {}".format(name, error) if error else None

def _check_requires(requires, machines, known_machines):
    """Checks what a test asks of machines; returns a message or None."""
    error = (
        _check_strings("requires", requires, REQUIREMENTS, "capability") or
        _check_machines(machines, known_machines)
    )
    if not error:
        if len([requirement for requirement in requires if requirement in _ONE_OF]) > 1:
            error = "no machine has {} at once; write one test for each".format(_quoted(_ONE_OF))
    return error

def check_kvm_program_test_args(
        *,
        name,
        program,
        requires = [],
        machines = [],
        known_machines = [],
        filter_args = [],
        known_failure = None,
        results = "tap",
        extra = []):
    """Checks the arguments of kvm_program_test.

    Args:
      name: the test's name.
      program: the label of the program.
      requires: the requirements.
      machines: names or labels of machines.
      known_machines: the machines that have names without a label.
      filter_args: arguments for --test_filter.
      known_failure: why it fails, or None.
      results: how it writes its results.
      extra: names of the other arguments given.

    Returns:
      A message that names the argument and the mend, or None.
    """
    error = _check_extra(extra, "kvm_program_test", _PROGRAMS_OWN, _PASSED_ON_BY_PROGRAMS)
    if not error and not program:
        error = "there is no program; name the executable to run: program = \"//my:program\""
    if not error and type(program) == _SELECT:
        error = "program can't be a select(); select() inside an alias, and name that"
    if not error and results not in _RESULTS:
        error = "unknown results {}; known are {}".format(repr(results), _quoted(_RESULTS))
    error = error or _check_requires(requires, machines, known_machines)
    if not error and known_failure != None:
        if type(known_failure) != "string" or not known_failure.strip() or "\n" in known_failure:
            error = "known_failure must be one line that says why it fails"
    if not error:
        if type(filter_args) != "list":
            error = "filter_args must be a list, not a {}; write filter_args = [\"--filter={{filter}}\"]".format(
                type(filter_args),
            )
        elif filter_args and not [argument for argument in filter_args if "{filter}" in argument]:
            error = "filter_args has no \"{filter}\", where what --test_filter says would stand"
        elif [argument for argument in filter_args if "\n" in argument]:
            error = "filter_args has an argument of several lines; the program gets one line each"
    return "kvm_program_test(name = \"{}\"): {}".format(name, error) if error else None

def requirements_of(guest, requires):
    """What the tests of a guest require.

    Args:
      guest: a payload architecture.
      requires: the requirements of a kvm_test.

    Returns:
      A list: those, and what each test of this guest requires.
    """
    return requires + _REQUIRED_BY_GUEST[guest]

def test_names(name, guests):
    """Names what a kvm_test makes for each guest.

    Args:
      name: the name of the kvm_test.
      guests: its payload architectures.

    Returns:
      A dict from each name to its guest, in the order of guests.
    """
    if len(guests) == 1:
        return {name: guests[0]}
    return {"{}_{}".format(name, guest): guest for guest in guests}

def machine_test_names(name, machines):
    """Names the tests that a kvm_test makes for a guest.

    Args:
      name: as test_names() has it.
      machines: the machines that the kvm_test names.

    Returns:
      A dict from each test's name to its machine, or to None where the test looks
      for one.
    """
    if not machines:
        return {name: None}
    if len(machines) == 1:
        return {name: machines[0]}
    return {"{}_{}".format(name, _machine_name(machine)): machine for machine in machines}
