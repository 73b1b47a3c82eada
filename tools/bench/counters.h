// What a measurement costs beside time: CPU, and bytes on a network.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "zonecopy/result.h"

namespace zonecopy::benching {

/// What is to be counted beside this process and the whole machine.
struct Counted {
  std::vector<pid_t> processes;          ///< such as a mount's daemon, or a target
  std::optional<std::string> interface;  ///< a network interface, by which a device is reached
};

/// All since some moment in the past.
struct Counters {
  double own_cpu_seconds = 0;
  double processes_cpu_seconds = 0;
  double machine_cpu_seconds = 0;  ///< of all processors, whatever it was for
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;

  Counters& operator+=(const Counters& other);
  friend Counters operator-(Counters left, const Counters& right);
};

/// ESRCH: a process has ended. ENODEV: there is no such interface.
Result<Counters> read_counters(const Counted& counted);

/// Bytes received and sent, in the text of /proc/net/dev; nothing where it has no such interface.
struct InterfaceBytes {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};
[[nodiscard]] std::optional<InterfaceBytes> parse_interface(const std::string& text, const std::string& name);

}  // namespace zonecopy::benching
