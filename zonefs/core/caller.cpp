#include "zonefs/core/caller.h"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

#include "zonefs/core/process_status.h"

namespace zonecopy::zonefs {
namespace {

constexpr int looks_max = 100;
constexpr TimeSpec between_looks{0, 100'000};

std::string line_of(std::int32_t pid, const char* file) {
  std::ifstream stream(fmt::format("/proc/{}/{}", pid, file));
  std::string line;
  std::getline(stream, line);
  return line;
}

}  // namespace

std::optional<SystemCall> parse_system_call(std::string_view line) {
  SystemCall call;
  std::array<unsigned long long, 6> arguments{};
  auto& [first, second, third, fourth, fifth, sixth] = arguments;
  const int fields = std::sscanf(std::string(line).c_str(), "%ld 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx",
                                 &call.number, &first, &second, &third, &fourth, &fifth, &sixth);
  if (fields != 7 || call.number < 0) return std::nullopt;
  std::copy(arguments.begin(), arguments.end(), call.arguments.begin());
  return call;
}

Task<std::optional<SystemCall>> system_call_of(EventLoop& loop, std::int32_t pid) {
  for (int look = 0; look < looks_max; ++look) {
    const std::string line = line_of(pid, "syscall");
    if (line != "running") co_return parse_system_call(line);
    co_await loop.sleep(between_looks);
  }
  co_return std::nullopt;
}

bool waits_in_io_uring(std::int32_t pid) {
  return line_of(pid, "syscall").starts_with(fmt::format("{} ", SYS_io_uring_enter)) ||
         line_of(pid, "comm").starts_with("iou-");
}

bool shows_pending_kill(std::string_view status) {
  std::string_view line = status_line(status, "SigPnd");
  line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
  std::uint64_t signals = 0;
  std::from_chars(line.data(), line.data() + line.size(), signals, 16);
  return (signals >> (SIGKILL - 1) & 1U) != 0;
}

bool is_dying(std::int32_t pid) { return pid > 0 && shows_pending_kill(read_status(fmt::format("/proc/{}", pid))); }

}  // namespace zonecopy::zonefs
