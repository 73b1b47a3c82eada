"""The table and the picture of what tests/bench/fabrics has measured: a list of measurements, each of one round of one way."""
import os
import statistics

import gather_report
from gather_report import grouped, size

MIB, GIB = 1 << 20, 1 << 30
GIGABIT_BYTES = 125_000_000
WAYS = {"read-write": "read + write by the host", "emulated": "emulated at the target", "kernel": "by the target's kernel",
        "offloaded": "offloaded at the target"}
COLOURS = {"read-write": "#b23a48", "emulated": "#d98e04", "kernel": "#6c8ebf", "offloaded": "#2a7f62"}
# What the project holds itself to, at 1 Gb/s: (block, ranges): offloaded divided by read + write. The best of the kernel's series was 8.1
# and 26.6.
BARS = {(8 << 10, 1): 8.2, (2 << 20, 16): 27}
WIRE_BAR = 0.005  # bytes on the wire for each byte copied, of the last of these


class Summary:
    """All rounds of one way."""
    def __init__(self, rounds):
        self.copied = sum(one["bytes"] for one in rounds)
        self.wire = sum(one["used"]["received_bytes"] + one["used"]["sent_bytes"] for one in rounds) / self.copied
        self.rate = statistics.median(one["mib_per_second"] for one in rounds)
        seconds = sum(sum(one["seconds"]) for one in rounds)
        busier = max(sum(one["used"][end] for one in rounds) for end in ("received_bytes", "sent_bytes"))
        self.used = busier / seconds / GIGABIT_BYTES
        self.host_cpu, self.target_cpu, self.machine_cpu = (
            sum(one["used"][f"{whose}_cpu_seconds"] for one in rounds) / self.copied * GIB for whose in ("own", "processes", "machine"))
        self.p50, self.p99 = (statistics.median(one["latency_us"][name] for one in rounds) for name in ("p50", "p99"))


def percent(part):
    return f"{100 * part:.1f} %" if part >= 0.001 else f"{100 * part:.3f} %"


HEADING = (f"{'copy':>14}  {'':26}{'MiB/s':>9} {'ratio':>7} {'wire':>8} {'bytes/byte':>11} {'host s/GiB':>11} {'target s/GiB':>13} "
           f"{'p50 us':>9} {'p99 us':>9}")


def shape_name(block_bytes, ranges):
    return f"{size(block_bytes)} x {ranges}"


def print_table(measurements):
    """One place at one rate."""
    first = measurements[0]
    print(f"\n{first['place']}, {first['rate'] or 'unlimited'}: {first['jobs']} jobs with one copy under way each, medians of "
          f"{max(one['round'] for one in measurements) + 1} rounds\n{HEADING}")
    for (block_bytes, ranges), of_shape in grouped(measurements, "block_bytes", "ranges").items():
        ways = {way: Summary(rounds) for (way,), rounds in grouped(of_shape, "way").items()}
        base = ways["read-write"].rate
        for way in sorted(ways, key=list(WAYS).index):
            one = ways[way]
            used = percent(one.used) if first["rate"] == "1gbit" else "-"
            print(f"{shape_name(block_bytes, ranges):>14}  {WAYS[way]:26}{one.rate:9.1f} {one.rate / base:7.2f} {used:>8} {one.wire:11.5f} "
                  f"{one.host_cpu:11.2f} {one.target_cpu:13.2f} {one.p50:9.0f} {one.p99:9.0f}", flush=True)
    scaled = sorted({(one["job_bytes"], one["block_bytes"], one["ranges"]) for one in measurements})
    print("   each job copied " + ", ".join(f"{size(job)} of {shape_name(block, ranges)}" for job, block, ranges in scaled) +
          "; the kernel's series had 384 MiB of each")


def print_bars(measurements):
    """Whether what the project holds itself to is held."""
    for (place, rate), of_place in grouped(measurements, "place", "rate").items():
        for (block_bytes, ranges), of_shape in grouped(of_place, "block_bytes", "ranges").items():
            ways = {way: Summary(rounds) for (way,), rounds in grouped(of_shape, "way").items()}
            if rate != "1gbit" or (block_bytes, ranges) not in BARS or "offloaded" not in ways:
                continue
            ratio, bar = ways["offloaded"].rate / ways["read-write"].rate, BARS[(block_bytes, ranges)]
            print(f"{place}, {shape_name(block_bytes, ranges)}: {ratio:.1f} times read + write; the bar is {bar}: "
                  f"{'held' if ratio >= bar else 'NOT held'}")
            if ranges == max(ranges for _, ranges in BARS):
                wire = ways["offloaded"].wire
                print(f"{place}, {shape_name(block_bytes, ranges)}: {percent(wire)} of the copied bytes on the wire; the bar is "
                      f"{percent(WIRE_BAR)}: {'held' if wire <= WIRE_BAR else 'NOT held'}")


def draw(measurements, folder):
    """A picture for each place and rate."""
    os.makedirs(folder, exist_ok=True)
    for (place, rate), of_place in grouped(measurements, "place", "rate").items():
        ways = sorted({one["way"] for one in of_place}, key=list(WAYS).index)
        table = []
        for (block_bytes, ranges), of_shape in grouped(of_place, "block_bytes", "ranges").items():
            of = grouped(of_shape, "way")
            table.append([shape_name(block_bytes, ranges), *(Summary(of[(way,)]).rate if (way,) in of else 0 for way in ways)])
        speed = "1 Gb/s" if rate == "1gbit" else rate or "unlimited"
        commands = (f"set title 'Copies over NVMe/TCP, {speed}, {place}: size and ranges of one copy'\nset ylabel 'MiB/s'\n"
                    "set logscale y\nset yrange [10:]\n")
        if rate == "1gbit":
            commands += f"wire = {GIGABIT_BYTES / MIB}\n"
        columns = ", ".join(f"$data using {number}:xtic(1) title '{WAYS[way]}' linecolor rgb '{COLOURS[way]}'"
                            for number, way in enumerate(ways, 2))
        line = ", wire with lines dashtype 2 linecolor rgb '#495057' title 'what the wire carries'" if rate == "1gbit" else ""
        name = f"fabrics_{gather_report.file_name(place)}_{rate or 'unlimited'}.svg"
        gather_report.plot(os.path.join(folder, name), commands + f"plot {columns}{line}\n", table)
