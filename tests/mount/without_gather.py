"""Runs a command to which no mount knows the gather request, as a zonecopyfs of an earlier version: the ioctls
ZONECOPY_IOC_GATHER and ZONECOPY_IOC_LIMITS fail with ENOTTY.

    without_gather.py COMMAND [ARGUMENT…]
"""

import errno

import without_copy as calls

FAIL = 0x00050000 | errno.ENOTTY
GATHER, LIMITS = 0xc3, 0xc4  # the lowest bytes of the requests of zonecopy/ioctl.h
AND = 0x54

FILTER = [
    (calls.LOAD_WORD, 0, 0, calls.SYSTEM_CALL),
    (calls.JUMP_IF_EQUAL, 0, 5, calls.IOCTL),
    (calls.LOAD_WORD, 0, 0, calls.SECOND_ARGUMENT),
    (AND, 0, 0, 0xffff),
    (calls.JUMP_IF_EQUAL, 1, 0, ord("Z") << 8 | GATHER),
    (calls.JUMP_IF_EQUAL, 0, 1, ord("Z") << 8 | LIMITS),
    (calls.RETURN, 0, 0, FAIL),
    (calls.RETURN, 0, 0, calls.ALLOW),
]

if __name__ == "__main__":
    calls.become(FILTER)
