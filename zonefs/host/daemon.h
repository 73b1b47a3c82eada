// Starts a daemon. The command that starts it returns when the mount serves, or prints why it does not.
#pragma once

#include <string>
#include <utility>

#include "zonecopy/file_descriptor.h"

namespace zonecopy::zonefs {

/// The daemon's end of the pipe to the command that the user started.
class Launch {
 public:
  /// In the foreground there is no pipe: fail() prints on standard error.
  static Launch in_foreground() { return Launch(FileDescriptor()); }
  /// Forks. Only the child returns, detached from the terminal; the parent waits for succeed() or fail() and exits.
  static Launch in_background();

  /// The mount serves: the command ends with status 0.
  void succeed();
  /// The command prints `line` and ends with status 1.
  void fail(const std::string& line);

 private:
  explicit Launch(FileDescriptor pipe) : pipe_(std::move(pipe)) {}
  FileDescriptor pipe_;
};

}  // namespace zonecopy::zonefs
