# SPDX-License-Identifier: MIT
"""Reads x86/unittests.cfg of a checkout of kvm-unit-tests. Pure functions."""

visibility("//suites/kvm_unit_tests/...")

# What a test has to say and can say; the older words for it, too.
_KEYS = [
    "accel",
    "arch",
    "check",
    "disabled_if",
    "extra_params",
    "file",
    "groups",
    "machine",
    "qemu_params",
    "smp",
    "test_args",
    "timeout",
]

_LONG_QUOTE = "\"\"\""

# Seconds that an entry has when it says nothing.
_TIMEOUT = 90

# Options of QEMU's that change nothing here.
_SWITCHES = ["-enable-kvm"]

_UNITS = {
    "": 1,
    "g": 1024,
    "m": 1,
}

# Capabilities by the features and groups that ask for them.
_NESTED = ["svm", "vmx"]

def _words(text):
    """Takes a line apart as a shell does: blanks, both quotes, and backslashes."""
    words = []
    word = None
    quote = None
    escaped = False
    for letter in text.elems():
        if escaped:
            word = (word or "") + letter
            escaped = False
        elif letter == "\\" and quote != "'":
            escaped = True
        elif quote:
            if letter == quote:
                quote = None
            else:
                word += letter
        elif letter in "\"'":
            quote = letter
            word = word or ""
        elif letter in " \t\n":
            if word != None:
                words.append(word)
            word = None
        else:
            word = (word or "") + letter
    return words + ([word] if word != None else [])

def read_sections(text):
    """Reads the sections of a unittests.cfg.

    Args:
      text: the file's contents.

    Returns:
      A list of pairs: a section's name, and a dict of what it says.
    """
    sections = []
    key = None
    for number, raw in enumerate(text.split("\n")):
        line = raw.strip()
        if key:
            # A value between triple quotes, which goes on.
            value, end, _ = raw.partition(_LONG_QUOTE)
            sections[-1][1][key] += "\n" + value
            if end:
                key = None
            continue
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            sections.append((line[1:-1], {}))
            continue
        name, equals, value = [part.strip() for part in line.partition("=")]
        if not equals or not sections or name not in _KEYS:
            fail("unittests.cfg, line {}: '{}' is not understood; known are [SECTION] and {}".format(
                number + 1,
                line,
                ", ".join(_KEYS),
            ))
        if value.startswith(_LONG_QUOTE):
            value, end, _ = value[len(_LONG_QUOTE):].partition(_LONG_QUOTE)
            key = None if end else name
        sections[-1][1][name] = value
    return sections

def _memory_mb(text):
    """What -m says, in MiB."""
    text = text.removeprefix("size=").lower()
    unit = text.lstrip("0123456789")
    if unit not in _UNITS or text == unit:
        fail("kvm_unit_tests: '-m {}' is not understood. Fix: write MiB, as \"512\", or \"4g\"".format(text))
    return int(text.removesuffix(unit)) * _UNITS[unit]

def _read_qemu_params(name, text):
    """Takes QEMU's options apart."""
    result = {"cpu": "max", "cpu_pm": False, "devices": [], "memory_mb": 128, "test_args": None}
    option = None
    for word in _words(text):
        if option == None:
            if word not in _SWITCHES:
                option = word
            continue
        if option == "-cpu":
            result["cpu"] = word
        elif option == "-m":
            result["memory_mb"] = _memory_mb(word)
        elif option == "-device":
            result["devices"].append(word.partition(",")[0])
        elif option == "-append":
            result["test_args"] = word
        elif option == "-overcommit":
            result["cpu_pm"] = "cpu-pm=on" in word.split(",")
        elif option not in ["-machine", "-M", "-global"]:
            fail("unittests.cfg, [{}]: QEMU's option {} is not understood. ".format(name, option) +
                 "Fix: leave the test out (exclude = [\"{}\"])".format(name))
        option = None
    return result

def read_entry(name, section, memory = None):
    """Reads what a section says of its test.

    Args:
      name: the section's name.
      section: from read_sections().
      memory: the guest's RAM in the words of QEMU's -m, in place of what the section says.

    Returns:
      A struct: the arguments of kvm_unit_test, "file", "arch", "groups" and "seconds".
    """
    if "file" not in section:
        fail("unittests.cfg, [{}]: there is no file".format(name))
    params = _read_qemu_params(name, section.get("qemu_params", section.get("extra_params", "")))
    arguments = _words(section.get("test_args", ""))
    groups = section.get("groups", "").split(" ")
    asked = ["+" + nested for nested in _NESTED]
    requires = [
        word.removeprefix("+")
        for word in params["cpu"].split(",")
        if word in asked
    ] or [group for group in groups if group in _NESTED]
    seconds = section.get("timeout", str(_TIMEOUT)).removesuffix("s")
    if not seconds.isdigit() or not section.get("smp", "1").isdigit():
        fail("unittests.cfg, [{}]: timeout or smp is no number".format(name))
    return struct(
        arch = section.get("arch", ""),
        args = arguments[:1] or ([params["test_args"]] if params["test_args"] else []),
        checks = section.get("check", "").split(" ") if section.get("check") else [],
        cpu = params["cpu"],
        cpu_pm = params["cpu_pm"],
        devices = params["devices"],
        file = section["file"],
        groups = [group for group in groups if group],
        memory_mb = _memory_mb(memory) if memory else params["memory_mb"],
        requires = requires,
        seconds = int(seconds),
        smp = int(section.get("smp", "1")),
    )
