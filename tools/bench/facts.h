// What a result is of: the machine, and the drive as sysfs knows it.
#pragma once

#include <cstdint>
#include <string>

namespace zonecopy::benching {

struct MachineFacts {
  std::string kernel;           ///< "Linux 6.1.0 x86_64"
  std::string cpu;              ///< "model name" of /proc/cpuinfo; empty where it has none
  std::int64_t processors = 0;  ///< that are on line
};
[[nodiscard]] MachineFacts machine_facts();

/// Each is empty where it is not known, as of an image.
struct DriveFacts {
  std::string model;
  std::string firmware;
  std::string transport;  ///< of NVMe: "pcie", "tcp"
};
/// Of the device that `path` leads to.
[[nodiscard]] DriveFacts drive_facts(const std::string& path);

}  // namespace zonecopy::benching
