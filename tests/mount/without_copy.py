"""Runs a command for which the kernel copies no files: copy_file_range(2) and FICLONERANGE fail with EOPNOTSUPP.

    without_copy.py COMMAND [ARGUMENT…]

It puts a seccomp filter over itself and becomes the command. All else works as ever.
"""

import ctypes
import errno
import os
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7fff0000, 0x00050000 | errno.EOPNOTSUPP
SYSTEM_CALL, SECOND_ARGUMENT = 0, 24  # offsets in struct seccomp_data
COPY_FILE_RANGE, IOCTL = {"x86_64": (326, 16), "aarch64": (285, 29)}[os.uname().machine]
FICLONERANGE = 0x4020940d

# (code, jump if true, jump if false, operand)
FILTER = [
    (LOAD_WORD, 0, 0, SYSTEM_CALL),
    (JUMP_IF_EQUAL, 3, 0, COPY_FILE_RANGE),
    (JUMP_IF_EQUAL, 0, 3, IOCTL),
    (LOAD_WORD, 0, 0, SECOND_ARGUMENT),
    (JUMP_IF_EQUAL, 0, 1, FICLONERANGE),
    (RETURN, 0, 0, FAIL),
    (RETURN, 0, 0, ALLOW),
]


def become(filter_program):
    """Puts a seccomp filter over this process and makes it the command of its arguments."""
    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *instruction) for instruction in filter_program))
    program = struct.pack("HxxxxxxP", len(filter_program), ctypes.addressof(code))
    for option, first, second in ((PR_SET_NO_NEW_PRIVS, 1, None), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program)):
        if libc.prctl(option, first, second if second else 0, 0, 0) != 0:
            sys.exit(f"{sys.argv[0]}: prctl {option}: {os.strerror(ctypes.get_errno())}")
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    become(FILTER)
