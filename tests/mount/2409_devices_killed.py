#!/usr/bin/env python3
"""The daemon of several devices is killed while they copy to each other: each is whole, and mounts alone and together."""
from zctest import *

images = [Image(zones=20), Image(zones=20)]
data = pattern(2 * MIB)
fs = Mount(images)
for number in range(2):
    write_direct(fs.device(number).seq(0), data)
    with opened(fs.device(number).seq(0), O_RDWR) as file:
        os.fsync(file)


def copy_until_killed(source, target):
    for number in range(1, 19):
        try:
            done = 0
            while done < len(data):
                done += copy_paths(source.seq(0), target.seq(number), 256 * KIB, done, done)
        except OSError:
            return


for turn in range(3):
    children = []
    for source, target in ((0, 1), (1, 0)):
        child = os.fork()
        if child == 0:
            copy_until_killed(fs.device(source), fs.device(target))
            os._exit(0)
        children.append(child)
    waiting.again_and_again(lambda: all(fs.device(number).counter("nr_active_seq_files") > 2 + turn for number in range(2)))
    fs.kill()
    for child in children:
        os.waitpid(child, 0)
    fs = Mount(images, point=fs.path)
    for source, target in ((0, 1), (1, 0)):
        for number in range(1, 19):
            got = content(fs.device(target).seq(number))
            equal(len(got) % 4096, 0)
            same_bytes(got, data[:len(got)], f"after kill {turn}: device {target}, seq/{number}")
            os.truncate(fs.device(target).seq(number), 0)
        same_bytes(content(fs.device(target).seq(0)), data, "what was synced")
fs.unmount()
for image in images:
    alone = image.mount()
    same_bytes(content(alone.seq(0)), data, "alone")
    alone.unmount()
