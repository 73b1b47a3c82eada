#include "tools/zonecopy/progress.h"

#include <unistd.h>

#include <cstdio>

#include "tools/zonecopy/text.h"
#include "zonefs/host/print.h"

namespace zonecopy::tools {
namespace {

constexpr std::chrono::milliseconds shortest_interval(100);
constexpr const char* clear_line = "\r\033[K";

}  // namespace

ProgressLine::ProgressLine(std::uint64_t total_bytes)
    : total_bytes_(total_bytes), terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (visible_) zonefs::print(stderr, "{}", clear_line);
}

void ProgressLine::show(std::uint64_t done_bytes) {
  const Clock::time_point now = Clock::now();
  if (!terminal_ || now - shown_ < shortest_interval) return;
  shown_ = now;
  visible_ = true;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  const double done = static_cast<double>(done_bytes);
  const double percent = total_bytes_ == 0 ? 100.0 : 100.0 * done / static_cast<double>(total_bytes_);
  const auto rate = static_cast<std::uint64_t>(seconds > 0 ? done / seconds : 0);
  zonefs::print(stderr, "{}{:3.0f}%  {} of {}  {}/s", clear_line, percent, human_size(done_bytes),
                human_size(total_bytes_), human_size(rate));
  std::fflush(stderr);
}

}  // namespace zonecopy::tools
