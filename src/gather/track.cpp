#include "src/gather/track.h"

#include <fmt/format.h>

namespace zonecopy::gather {

Error error_at(const Work& work, const Track& track, const Part& part, int code, std::string_view detail) {
  std::string text = fmt::format("range {} of {}, offset {}", part.range, work.source(part).name(), part.offset_bytes);
  if (!detail.empty()) text += fmt::format(": {}", detail);
  return track.file->make_error(code, std::move(text));
}

}  // namespace zonecopy::gather
