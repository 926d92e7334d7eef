# SPDX-License-Identifier: MIT
"""What kvm_unit_test accepts, and what it hands on. Pure functions."""

visibility("//suites/kvm_unit_tests/...")

# Seconds after which an image that goes on is ended: somewhat less than the test's own.
SECONDS = {
    "eternal": 3500,
    "long": 850,
    "moderate": 280,
    "short": 50,
}

_CPUS_MAX = 255
_MEMORY_MB_MIN = 16
_MEMORY_MB_MAX = 64 << 10

def _check_number(attribute, value, smallest, largest):
    if type(value) != "int" or value < smallest or value > largest:
        return "{} is {}; it is a number from {} to {}".format(
            attribute,
            repr(value),
            smallest,
            largest,
        )
    return None

def _check_lines(attribute, value):
    if type(value) != "list":
        return "{} must be a list, not a {}; write {} = [\"...\"]".format(attribute, type(value), attribute)
    for element in value:
        if type(element) != "string" or "\n" in element:
            return "{} holds {}; each is one line".format(attribute, repr(element))
    return None

def check_kvm_unit_test_args(
        *,
        name,
        image,
        smp = 1,
        args = [],
        cpu = "max",
        memory_mb = 128,
        checks = [],
        devices = [],
        environment = {},
        timeout = "moderate"):
    """Checks the arguments of kvm_unit_test that kvm_program_test does not.

    Args:
      name: the test's name.
      image: the image's label.
      smp: the number of virtual CPUs.
      args: the image's arguments.
      cpu: the CPUs' model.
      memory_mb: RAM.
      checks: what files have to say.
      devices: names of devices.
      environment: the image's environment.
      timeout: the test's.

    Returns:
      A message that names the argument and the fix, or None.
    """
    error = (
        (None if image else "there is no image; name the file to boot: image = \"x86/smptest.flat\"") or
        _check_number("smp", smp, 1, _CPUS_MAX) or
        _check_number("memory_mb", memory_mb, _MEMORY_MB_MIN, _MEMORY_MB_MAX) or
        _check_lines("args", args) or
        _check_lines("checks", checks) or
        _check_lines("devices", devices)
    )
    if not error and (type(cpu) != "string" or not cpu or " " in cpu):
        error = "cpu is {}; it is QEMU's word for a CPU, such as \"max,-pku\"".format(repr(cpu))
    if not error and timeout not in SECONDS:
        error = "timeout is {}; it is one of \"{}\"".format(repr(timeout), "\", \"".join(SECONDS))
    if not error:
        for check in checks:
            if not check.startswith("/") or "=" not in check:
                error = "checks holds \"{}\"; write \"/FILE=VALUE\"".format(check)
    if not error:
        if type(environment) != "dict":
            error = "environment must be a dict, not a {}".format(type(environment))
        else:
            for variable, value in environment.items():
                if not variable or "=" in variable or "\n" in variable + value:
                    error = "environment has the variable {} of value {}; each is one line".format(
                        repr(variable),
                        repr(value),
                    )
    return "kvm_unit_test(name = \"{}\"): {}".format(name, error) if error else None

def quote(word):
    """Writes a word so that Bazel's `args` hands it on as it is.

    Args:
      word: a string.

    Returns:
      A string, for a shell's way of taking words apart, with "$" doubled.
    """
    return "'" + word.replace("'", "'\\''").replace("$", "$$") + "'"

def vmm_args(
        *,
        smp = 1,
        args = [],
        cpu = "max",
        memory_mb = 128,
        cpu_pm = False,
        checks = [],
        devices = [],
        environment = {},
        timeout = "moderate"):
    """The options of suites/kvm_unit_tests/vmm, without the image.

    Args:
      smp: as of kvm_unit_test, and so the others.
      args: the image's arguments.
      cpu: the CPUs' model.
      memory_mb: RAM.
      cpu_pm: whether the guest halts the CPU itself.
      checks: what files have to say.
      devices: names of devices.
      environment: the image's environment.
      timeout: the test's.

    Returns:
      A list of strings for `args`.
    """
    options = [
        "--cpus={}".format(smp),
        "--memory={}".format(memory_mb),
        "--timeout={}".format(SECONDS[timeout]),
        quote("--cpu=" + cpu),
    ]
    if args:
        options.append(quote("--append=" + " ".join(args)))
    if cpu_pm:
        options.append("--cpu-pm")
    return (
        options +
        [quote("--check=" + check) for check in checks] +
        [quote("--device=" + device) for device in devices] +
        [quote("--env={}={}".format(variable, value)) for variable, value in environment.items()]
    )
