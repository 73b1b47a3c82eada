// Names of zone types and conditions, as programs print them.
#include "zonecopy/zone.h"

namespace zonecopy {

std::string_view to_string(ZoneType type) {
  switch (type) {
    case ZoneType::conventional: return "conventional";
    case ZoneType::sequential_required: return "sequential-required";
    case ZoneType::sequential_preferred: return "sequential-preferred";
  }
  return "unknown";
}

std::string_view to_string(ZoneCondition condition) {
  switch (condition) {
    case ZoneCondition::not_write_pointer: return "not-write-pointer";
    case ZoneCondition::empty: return "empty";
    case ZoneCondition::implicit_open: return "implicit-open";
    case ZoneCondition::explicit_open: return "explicit-open";
    case ZoneCondition::closed: return "closed";
    case ZoneCondition::full: return "full";
    case ZoneCondition::read_only: return "read-only";
    case ZoneCondition::offline: return "offline";
  }
  return "unknown";
}

std::string_view to_string(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::image: return "image";
    case DeviceKind::nvme: return "nvme";
    case DeviceKind::block: return "block";
    case DeviceKind::simulated: return "simulated";
    case DeviceKind::linear: return "linear";
    case DeviceKind::remote: return "remote";
  }
  return "unknown";
}

std::string_view to_string(CopyPath path) {
  switch (path) {
    case CopyPath::offloaded: return "offloaded";
    case CopyPath::kernel: return "kernel";
    case CopyPath::emulated: return "emulated";
  }
  return "unknown";
}

}  // namespace zonecopy
