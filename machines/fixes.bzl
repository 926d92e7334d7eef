# SPDX-License-Identifier: MIT
"""Fixes of KVM, by their commits: which of them a test wants, and a kernel lacks."""

visibility("//...")

# What "git log --oneline" prints in a tree as large as Linux, and a whole id.
_SHORTEST = 12
_LONGEST = 40

def check_fixes(attribute, fixes):
    """Checks a list of fixes.

    Args:
      attribute: what messages call it.
      fixes: a list; each is a commit's id, maybe with a blank and what it mends in a few words.

    Returns:
      A message, or None.
    """
    if type(fixes) != "list":
        return "{} must be a list, not a {}; write {} = [...]".format(attribute, type(fixes), attribute)
    known = []
    for fix in fixes:
        id = str(fix).split(" ")[0]
        if "\n" in str(fix):
            return "{} has \"{}\", which is more than one line; leave a few words behind the commit's id".format(attribute, id)
        if not _SHORTEST <= len(id) or not len(id) <= _LONGEST or id.strip("0123456789abcdef"):
            return "{} has \"{}\", which does not begin with a commit's id: {} to {} of 0-9 and a-f, as git log --oneline --abbrev={} prints it".format(
                attribute,
                fix,
                _SHORTEST,
                _LONGEST,
                _SHORTEST,
            )
        for other in known:
            if id.startswith(other) or other.startswith(id):
                return "{} names {} twice; name it once".format(attribute, id)
        known.append(id)
    return None
