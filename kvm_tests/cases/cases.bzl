# SPDX-License-Identifier: MIT
"""case_test: a KVM test whose payload has several cases, and whose controller names them."""

load("//:defs.bzl", "kvm_test")

visibility(["//kvm_tests/..."])

_PRECOMPILED = "//kvm_tests/cases:precompiled"

def case_test(*, name, hdrs = [], fixtures = [], payload_hdrs = [], controller = None, payload = None, guests = ["x86_64", "i386"], copts = [], deps = [], **kwargs):
    """Makes a kvm_test of a controller in C++ and a payload with the main() of case_main.c.

    Args:
      name: the test's name.
      hdrs: headers of both sides.
      fixtures: headers of the controller.
      payload_hdrs: headers of the payload.
      controller: the controller's source; <name>_test.cc if not named.
      payload: the payload's source; <name>_payload.c if not named.
      guests: payload architectures.
      copts: compiler options of the controller.
      deps: libraries of the controller.
      **kwargs: other arguments of kvm_test.
    """
    kvm_test(
        name = name,
        srcs = hdrs + fixtures + [controller or name + "_test.cc"],
        guests = guests,
        payload_deps = [Label("//kvm_tests/cases:guest_case")],
        payload_srcs = hdrs + payload_hdrs + [payload or name + "_payload.c"],
        # Half of what such a controller includes comes from there, and stands in it.
        additional_compiler_inputs = [_PRECOMPILED],
        copts = copts + ["-include-pch", "$(execpath {})".format(_PRECOMPILED)],
        deps = deps + [Label("//kvm_tests/cases:case_test")],
        **kwargs
    )
