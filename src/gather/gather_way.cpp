// The names of the ways, as reports print them.
#include "zonecopy/gather.h"

namespace zonecopy {

std::string_view to_string(GatherWay way) {
  switch (way) {
    case GatherWay::gather_call: return "gather call";
    case GatherWay::copy_file_range: return "copy_file_range";
    case GatherWay::read_write: return "read and write";
    case GatherWay::device_copy: return "device copy";
  }
  return "unknown";
}

}  // namespace zonecopy
