# SPDX-License-Identifier: MIT
"""FaultInfo: KVM with one thing wrong, for whoever wants to know which tests notice."""

visibility("//kvm_lab/...")

FaultInfo = provider(
    doc = "A fault of KVM's.",
    fields = {
        "caught_by": "a list of labels of tests that are said to notice, as strings; maybe empty",
        "file": "the path of the file at fault, as from the kernel's root",
        "machine": "the name of the machine on which it shows; \"\" if it may be any",
        "modules": "a list of Files: KVM with the fault",
    },
)
