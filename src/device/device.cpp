// What all kinds of devices have in common.
#include "zonecopy/device.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace zonecopy {

std::string_view to_string(ZoneAction action) {
  switch (action) {
    case ZoneAction::open: return "zone open";
    case ZoneAction::close: return "zone close";
    case ZoneAction::finish: return "zone finish";
    case ZoneAction::reset: return "zone reset";
  }
  return "zone management";
}

std::string device_id(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return {};
  const auto numbers = [](dev_t device) { return fmt::format("{}:{}", major(device), minor(device)); };
  if (S_ISREG(facts.st_mode)) return fmt::format("file {}:{}", numbers(facts.st_dev), facts.st_ino);
  return fmt::format("device {}", numbers(facts.st_rdev));
}

std::uint64_t CopyCommand::blocks() const {
  std::uint64_t total = 0;
  for (const CopyRange& range : ranges) total += range.blocks;
  return total;
}

}  // namespace zonecopy
