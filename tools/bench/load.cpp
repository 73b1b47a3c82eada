#include "tools/bench/load.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace zonecopy::benching {
namespace {

constexpr std::array<std::pair<Mode, std::string_view>, 4> names = {{{Mode::automatic, "auto"},
                                                                     {Mode::offload, "offload"},
                                                                     {Mode::emulate, "emulate"},
                                                                     {Mode::read_write, "read-write"}}};

}  // namespace

std::string_view to_string(Mode mode) {
  for (const auto& [each, name] : names) {
    if (each == mode) return name;
  }
  return "";
}

Result<Mode> parse_mode(std::string_view text) {
  for (const auto& [mode, name] : names) {
    if (name == text) return mode;
  }
  return Error(EINVAL, "bench", fmt::format("'{}' is no mode; there are auto, offload, emulate and read-write", text));
}

}  // namespace zonecopy::benching
