# SPDX-License-Identifier: MIT
"""Unit tests of what //machines:matrix makes of a query's answer."""

load("@bazel_skylib//lib:partial.bzl", "partial")
load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//machines/matrix:declare.bzl", "cell_name", "is_for", "kept_attributes")

visibility("private")

def _kept_attributes_test_impl(ctx):
    env = unittest.begin(ctx)
    attributes = {
        attribute["name"]: attribute
        for attribute in [
            {"name": "args", "stringListValue": ["x"]},
            {"booleanValue": True, "name": "flaky"},
            {"intValue": 3, "name": "shard_count"},
            {"name": "size", "stringValue": "small"},
            {"name": "tags", "stringListValue": ["kvm", "manual"]},
            {"name": "exec_properties", "stringDictValue": [{"key": "k", "value": "v"}]},
            {"name": "timeout", "stringValue": "long"},
        ]
    }
    asserts.equals(
        env,
        {
            "exec_properties": {"k": "v"},
            "flaky": True,
            "shard_count": 3,
            "size": "small",
            "tags": ["kvm"],
            "timeout": "long",
        },
        kept_attributes(attributes),
    )
    asserts.equals(
        env,
        {"tags": []},
        kept_attributes({
            "exec_properties": {"name": "exec_properties"},
            "shard_count": {"intValue": -1},
            "tags": {"name": "tags"},
        }),
    )
    return unittest.end(env)

def _is_for_test_impl(ctx):
    env = unittest.begin(ctx)
    anywhere = {"emulated": {}, "pinned": {"booleanValue": False}}
    on_amd = {"emulated": {"stringValue": "//machines:amd"}, "pinned": {"booleanValue": True}}
    for machine, expected in {"": False, "//my:amd2": False, "@@r//machines:amd": True}.items():
        asserts.equals(env, expected, is_for(on_amd, machine))
        asserts.equals(env, True, is_for(anywhere, machine))
    return unittest.end(env)

# As table_test.cc has them, the other way round.
def _cell_name_test_impl(ctx):
    env = unittest.begin(ctx)
    for label, name in {
        "//:a": "=a",
        "//a/b:c": "a/b=c",
        "//a:b/c": "a=b/c",
        "//a:b=c": "a=b=c",
        "@@r~//a:b": "@@r~/a=b",
        "@r//:a": "@r/=a",
        "@r//a:b": "@r/a=b",
    }.items():
        asserts.equals(env, name, cell_name(label))
    return unittest.end(env)

_kept_attributes_test = unittest.make(_kept_attributes_test_impl)
_is_for_test = unittest.make(_is_for_test_impl)
_cell_name_test = unittest.make(_cell_name_test_impl)

def declare_test_suite(name):
    """Declares the unit tests.

    Args:
      name: of the test suite.
    """
    unittest.suite(
        name,
        partial.make(_kept_attributes_test, size = "small"),
        partial.make(_is_for_test, size = "small"),
        partial.make(_cell_name_test, size = "small"),
    )
