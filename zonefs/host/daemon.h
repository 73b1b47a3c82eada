// Becoming a daemon: the command returns when the mount serves, or says why it does not.
#pragma once

#include <string>

namespace zonecopy::zonefs {

/// The child's side of the pipe to the command that the user started.
class Launch {
 public:
  /// In the foreground there is nobody to report to but standard error.
  static Launch in_foreground() { return Launch(-1); }
  /// Forks. Only the child returns, detached from the terminal; the parent waits for succeed() or fail() and exits.
  static Launch in_background();

  /// The mount serves: the command ends with status 0.
  void succeed();
  /// The command prints `line` and ends with status 1.
  void fail(const std::string& line);

 private:
  explicit Launch(int pipe_fd) : pipe_fd_(pipe_fd) {}
  int pipe_fd_;
};

}  // namespace zonecopy::zonefs
