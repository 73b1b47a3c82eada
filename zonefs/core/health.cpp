#include "zonefs/core/health.h"

#include <fmt/chrono.h>

namespace zonecopy::zonefs {

void Health::became_read_only(std::string reason, std::int64_t now_ns) {
  if (!read_only_reason_.empty()) return;
  read_only_reason_ = std::move(reason);
  read_only_since_ns_ = now_ns;
}

void Health::became_writable() { read_only_reason_.clear(); }

std::string Health::read_only_since() const {
  if (read_only_reason_.empty()) return std::string();
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(read_only_since_ns_ / 1'000'000'000)));
}

}  // namespace zonecopy::zonefs
