// A system call as a seccomp filter sees it.
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <initializer_list>

namespace zonecopy::supervise {

inline seccomp_data call(std::uint32_t architecture, std::uint32_t number,
                         std::initializer_list<std::uint64_t> arguments) {
  seccomp_data data{};
  data.arch = architecture;
  data.nr = static_cast<int>(number);
  std::size_t index = 0;
  for (const std::uint64_t argument : arguments) data.args[index++] = argument;
  return data;
}

}  // namespace zonecopy::supervise
