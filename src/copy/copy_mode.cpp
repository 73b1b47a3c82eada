// The names of copy modes, as mount options and programs take them.
#include "zonecopy/copy.h"

namespace zonecopy {

std::string_view to_string(CopyMode mode) {
  switch (mode) {
    case CopyMode::automatic: return "auto";
    case CopyMode::offload: return "offload";
    case CopyMode::emulate: return "emulate";
  }
  return "unknown";
}

}  // namespace zonecopy
