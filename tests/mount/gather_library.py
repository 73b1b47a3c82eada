"""Gathers by the library, for the mount tests: what gather_driver did, and whether it is what its report says."""

import json

from zctest import *

GATHER_CALL, COPY_FILE_RANGE, READ_WRITE, DEVICE_COPY = 1, 2, 4, 8  # ZONECOPY_WAY_... of zonecopy/zonecopy.h
AUTO, OFFLOAD, EMULATE = "--mode=0", "--mode=1", "--mode=2"


def source(name, offset, length):
    return f"{name}@{offset}+{length}"


def gather(*words, wrapper=()):
    """gather_driver's answer: a dict with the list `results`, one for each destination. `wrapper` starts it."""
    need_program(program("gather_driver"))
    ended = must(*wrapper, program("gather_driver"), *words)
    return json.loads(ended.out)


def gather_one(*words, wrapper=()):
    """For one destination: its result, after the checks that hold for every one."""
    answer = gather(*words, wrapper=wrapper)
    result = answer["results"][0]
    adds_up(result)
    equal(answer["status"], result["error"], "what the call returns")
    return result


def gather_around(action, *words, wrapper=(), **keywords):
    """For one destination, which takes several steps: its result, where `action` is run between the first two. `keywords` are
    those of Popen."""
    command = [*wrapper, program("gather_driver"), "--wait", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **keywords) as driver:
        equal(driver.stderr.readline(), b"copying\n")
        action()
        answer = json.loads(driver.communicate()[0])
    adds_up(answer["results"][0])
    return answer["results"][0]


def adds_up(result):
    """Whether the numbers of one result agree with each other."""
    equal(result["bytes_offloaded"] + result["bytes_kernel"] + result["bytes_emulated"], result["bytes"], "the sum of the ways")
    equal(sum(result["range_bytes"]), result["bytes"], "the sum of the ranges")
    if result["bytes"]:
        check(result["ways"] != 0, f"bytes, but no way: {result}")
    if result["error"]:
        check(result["text"], f"an error without a word: {result}")
    if result["bytes_offloaded"] != result["bytes"]:
        check(result["not_offloaded_because"], f"not offloaded, and no reason: {result}")


def begins_with(path, expected, what):
    """The file's contents, without the zeros that the mount option tail=pad puts behind the last byte."""
    held = content(path)
    same_bytes(held[:len(expected)], expected, what)
    equal(held[len(expected):].strip(b"\0"), b"", f"{what}: behind it")


def refused_gather(name, *words):
    """Checks that a gather fails with the errno `name` before it touches anything; returns what it said."""
    answer = gather(*words)
    equal(errno_name(answer["status"]), name, answer["text"])
    for result in answer["results"]:
        equal((errno_name(result["error"]), result["bytes"]), (name, 0))
    check(answer["text"] and "\n" not in answer["text"], f"expected one line: {answer}")
    return answer["text"]
