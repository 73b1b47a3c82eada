"""Tables and pictures of what tests/bench/gather has measured: a list of costs, of compactions and of puts."""
import os
import statistics
import subprocess

KIB, MIB = 1 << 10, 1 << 20
COLOURS = {"none": "#adb5bd", "gather": "#2a7f62", "copy_file_range": "#d98e04", "read+write": "#b23a48",
           "read+write, joined": "#d68c95", "read-write": "#b23a48"}  # in the order in which they are drawn


def median(costs, field):
    return statistics.median(cost[field] for cost in costs)


def grouped(costs, *fields):
    """{values of the fields: costs}, in the order in which they came."""
    groups = {}
    for cost in costs:
        groups.setdefault(tuple(cost[field] for field in fields), []).append(cost)
    return groups


def size(number):
    return f"{number // MIB} MiB" if number >= MIB else f"{number // KIB} KiB"


HEADING = (f"{'':26}{'way':20} {'median s':>9} {'best s':>9} {'x gather':>9} {'daemon s':>9} {'caller s':>9} {'host MiB':>9} "
           f"{'calls':>7} {'commands':>9}")


def print_case(costs):
    """The ways of one case: one place, size of records and share of live ones."""
    first = costs[0]
    ways = grouped(costs, "way")
    base = median(ways[("gather",)], "seconds")
    print(f"\n{first['place']}, records of {size(first['record_bytes'])}, {first['live_percent']} % live: {first['ranges']} ranges, "
          f"{first['live_bytes'] / MIB:.1f} MiB; medians of {len(ways[('gather',)])}")
    print(HEADING)
    for (way,), of_way in sorted(ways.items()):
        seconds = median(of_way, "seconds")
        commands = of_way[0]["commands"] if way == "gather" else ""
        print(f"{'':26}{way:20} {seconds:9.3f} {min(cost['seconds'] for cost in of_way):9.3f} {seconds / base:9.2f} "
              f"{median(of_way, 'daemon_cpu_seconds'):9.3f} {median(of_way, 'caller_cpu_seconds'):9.3f} "
              f"{median(of_way, 'host_bytes') / MIB:9.1f} {of_way[0]['calls']:7} {commands:>9}", flush=True)
    moved = [f"{median(of_way, field) / MIB:.1f} MiB of {way} {word}" for (way,), of_way in sorted(ways.items())
             for field, word in (("bytes_kernel", "were moved by the kernel below"),) if median(of_way, field)]
    if moved:
        print(f"{'':26}{'; '.join(moved)}")


def print_store(costs):
    first = costs[0]
    print(f"\n{first['place']}: durable puts of {first['value_bytes']} bytes while garbage is collected; medians of "
          f"{len(grouped(costs, 'way')[('none',)])} runs of {max(cost['puts'] for cost in costs)} puts")
    print(f"{'':26}{'garbage by':20} {'p50 us':>9} {'p99 us':>9} {'max us':>9} {'puts/s':>9} {'emptied':>9} {'daemon s':>9} {'caller s':>9}")
    for (way,), of_way in grouped(costs, "way").items():
        print(f"{'':26}{way:20} {median(of_way, 'p50_us'):9.0f} {median(of_way, 'p99_us'):9.0f} {median(of_way, 'max_us'):9.0f} "
              f"{median(of_way, 'puts') / median(of_way, 'seconds'):9.0f} {median(of_way, 'collected'):9.0f} "
              f"{median(of_way, 'daemon_cpu_seconds'):9.2f} {median(of_way, 'caller_cpu_seconds'):9.2f}", flush=True)


def print_all(found):
    """The ratios of all cases, a line each."""
    ways = sorted({cost["way"] for cost in found["compaction"]} - {"gather"})
    if not ways:
        return
    print(f"\ntimes as long as by gather calls (medians)\n{'':46}" + "".join(f"{way:>20}" for way in ways))
    for (place, record, live), costs in grouped(found["compaction"], "place", "record_bytes", "live_percent").items():
        of = grouped(costs, "way")
        base = median(of[("gather",)], "seconds")
        print(f"{place:22}{size(record):>8} records {live:3} % live" +
              "".join(f"{median(of[(way,)], 'seconds') / base:20.2f}" for way in ways))


# --- pictures ---------------------------------------------------------------------------------------------------------

def plot(path, commands, table):
    """An SVG of a table of words, by gnuplot."""
    text = "\n".join("\t".join(f'"{cell}"' if isinstance(cell, str) else f"{cell:.6g}" for cell in row) for row in table)
    script = f"set terminal svg size 900,420 font 'sans-serif,13' background '#ffffff'\nset output '{path}'\n$data << EOD\n{text}\nEOD\n"
    script += ("set style data histogram\nset style histogram clustered gap 1.5\nset style fill solid 0.9 noborder\nset grid ytics\n"
               "set datafile separator '\\t'\nset key outside top center horizontal noenhanced\nset border 3\nset bmargin 3.5\nset xtics nomirror font ',11'\nset ytics nomirror\n")
    subprocess.run(["gnuplot"], input=script + commands, text=True, check=True)


def columns(names):
    return "plot " + ", ".join(f"$data using {number}:xtic(1) title '{name}' linecolor rgb '{COLOURS[name]}'"
                               for number, name in enumerate(names, 2)) + "\n"


def file_name(place):
    return "".join(letter if letter.isalnum() else "_" for letter in place.lower())


def draw_compaction(place, costs, folder):
    ways = sorted({cost["way"] for cost in costs}, key=list(COLOURS).index)
    table = []
    for (record, live), case in grouped(costs, "record_bytes", "live_percent").items():
        of = grouped(case, "way")
        rates = [case[0]["live_bytes"] / MIB / median(of[(way,)], "seconds") for way in ways]
        table.append([f"{size(record)}\\n{live} % live", *rates])
    commands = f"set title 'Compaction, {place}: live data moved, by size of records and live part'\nset ylabel 'MiB/s'\nset logscale y\nset yrange [1:]\n"
    plot(os.path.join(folder, f"compaction_{file_name(place)}.svg"), commands + columns(ways), table)


def draw_store(costs, folder):
    ways = sorted({cost["way"] for cost in costs}, key=list(COLOURS).index)
    table = []
    for (place,), of_place in grouped(costs, "place").items():
        of = grouped(of_place, "way")
        for field in ("p50_us", "p99_us"):
            table.append([f"{place}\\n{field.split('_')[0]}", *(median(of[(way,)], field) / 1000 for way in ways)])
    commands = ("set title 'Durable puts while garbage is collected: time of one'\nset ylabel 'milliseconds'\n"
                "set logscale y\nset yrange [0.05:]\n")
    plot(os.path.join(folder, "store_latency.svg"), commands + columns(ways), table)


def draw(found, folder):
    os.makedirs(folder, exist_ok=True)
    for (place,), costs in grouped(found["compaction"], "place").items():
        draw_compaction(place, costs, folder)
    if found["store"]:
        draw_store(found["store"], folder)
