#include "tools/bench/counters.h"

#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>

namespace zonecopy::benching {
namespace {

constexpr pid_t pid_max = 1 << 22;  // proc(5)

std::string contents_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// All threads, those that have ended too.
Result<double> cpu_seconds(pid_t process) {
  clockid_t clock = 0;
  // A number that is no process could be taken for another clock.
  const bool possible = process > 0 && process <= pid_max;
  if (!possible || clock_getcpuclockid(process, &clock) != 0)
    return Error(ESRCH, "count CPU time", fmt::format("there is no process {} any more", process));
  return seconds_of(clock);
}

/// Of the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal. Another machine's time, steal,
/// is none of this one's.
double machine_cpu_seconds() {
  std::istringstream line(contents_of("/proc/stat"));
  std::string name;
  line >> name;
  double busy_ticks = 0;
  for (int field = 0; field < 7; ++field) {
    double ticks = 0;
    line >> ticks;
    if (field != 3 && field != 4) busy_ticks += ticks;
  }
  return busy_ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

Counters& Counters::operator+=(const Counters& other) {
  own_cpu_seconds += other.own_cpu_seconds;
  processes_cpu_seconds += other.processes_cpu_seconds;
  machine_cpu_seconds += other.machine_cpu_seconds;
  received_bytes += other.received_bytes;
  sent_bytes += other.sent_bytes;
  return *this;
}

Counters operator-(Counters left, const Counters& right) {
  left.own_cpu_seconds -= right.own_cpu_seconds;
  left.processes_cpu_seconds -= right.processes_cpu_seconds;
  left.machine_cpu_seconds -= right.machine_cpu_seconds;
  left.received_bytes -= right.received_bytes;
  left.sent_bytes -= right.sent_bytes;
  return left;
}

std::optional<InterfaceBytes> parse_interface(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    const std::size_t colon = line.find(':');
    const std::size_t begin = line.find_first_not_of(' ');
    if (colon == std::string::npos || line.substr(begin, colon - begin) != name) continue;
    std::istringstream fields(line.substr(colon + 1));
    InterfaceBytes bytes;
    std::uint64_t other = 0;
    fields >> bytes.received;
    for (int field = 1; field < 8; ++field) fields >> other;
    fields >> bytes.sent;
    if (fields) return bytes;
  }
  return std::nullopt;
}

Result<Counters> read_counters(const Counted& counted) {
  Counters counters;
  counters.own_cpu_seconds = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  counters.machine_cpu_seconds = machine_cpu_seconds();
  for (const pid_t process : counted.processes) {
    const Result<double> seconds = cpu_seconds(process);
    if (!seconds) return seconds.error();
    counters.processes_cpu_seconds += *seconds;
  }
  if (!counted.interface) return counters;
  const std::optional<InterfaceBytes> bytes = parse_interface(contents_of("/proc/net/dev"), *counted.interface);
  if (!bytes) {
    return Error(ENODEV, "count bytes", fmt::format("there is no network interface {}", *counted.interface));
  }
  counters.received_bytes = bytes->received;
  counters.sent_bytes = bytes->sent;
  return counters;
}

}  // namespace zonecopy::benching
