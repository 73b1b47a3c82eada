// Shows the progress of long work on standard error, from a thread of its own: also while the work is in one long
// system call.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "tools/zonecopy/progress.h"

namespace zonecopy::tools {

enum class ProgressForm : std::uint8_t {
  automatic,  ///< one line that changes, where standard error is a terminal; else nothing
  json,       ///< a line of JSON now and then
};

/// Blocks SIGUSR1, which the display waits for, so that it ends nobody. To be called before there is another thread.
void block_progress_signal();

/// Whatever the form, SIGUSR1 prints a line. A line that cannot be written at once is left out: a program that does not
/// read what it asked for, or a terminal that is stopped, must not stop the work.
class ProgressDisplay {
 public:
  explicit ProgressDisplay(ProgressForm form);
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;
  /// Removes the line that changes.
  ~ProgressDisplay();

  /// Work begins, of which nothing is done. `phase` is static.
  void begin(std::string_view phase, std::uint64_t total_bytes);
  void show(std::uint64_t done_bytes);

 private:
  void watch();
  void tick();
  void answer_signal();
  [[nodiscard]] std::optional<Progress> now() const;

  ProgressForm form_;
  bool terminal_;
  bool visible_ = false;  ///< a line that changes is on the terminal
  mutable std::mutex mutex_;
  std::optional<ProgressMeter> meter_;  ///< under mutex_
  std::atomic<bool> done_ = false;
  std::thread thread_;  ///< last, since it uses all that stands above
};

/// With ProgressForm::json all of standard error is lines of JSON, and this is the last. `error` may be null.
void print_last_line(std::uint64_t done_bytes, std::uint64_t total_bytes, bool was_interrupted, const Error* error);

}  // namespace zonecopy::tools
