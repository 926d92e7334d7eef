# SPDX-License-Identifier: MIT
"""Where pinned files of the Debian archive come from."""

def find_debian_mirror(rctx, finder):
    """Finds a Debian mirror.

    Args:
      rctx: the repository rule's context.
      finder: the label of third_party/debian_mirror.

    Returns:
      The base URL of a mirror, the folder that holds pool/. Without one, the
      rule fails with the finder's message.
    """
    result = rctx.execute(["sh", rctx.path(finder)], environment = {
        "DEBIAN_MIRROR": rctx.getenv("DEBIAN_MIRROR", ""),
    })
    if result.return_code != 0:
        fail("\n" + result.stderr.strip())
    return result.stdout.strip()

def fail_download(what, mirror, path, pin):
    """Fails because a pinned file could not be had.

    Args:
      what: what the file is, for the message.
      mirror: the mirror's base URL.
      path: the file's path on the mirror.
      pin: the file that holds its sha256.
    """
    fail(("\ncannot get {} from {}/{}.\n" +
          "The cause is in the warning above: no network, a mirror without this file, or a file " +
          "whose sha256 is not the one in {}.\n" +
          "Fix: check the network, or name another Debian mirror with " +
          "--repo_env=DEBIAN_MIRROR=<its base URL>.").format(what, mirror, path, pin))
