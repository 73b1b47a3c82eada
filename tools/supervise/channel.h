// How the processes of a supervised command speak to each other while they start: messages over a pair of sockets, which
// carry descriptors as well.
#pragma once

#include <optional>
#include <utility>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"

namespace zonecopy::supervise {

/// Both ends, closed by execve(2).
Result<std::pair<FileDescriptor, FileDescriptor>> make_channel();

/// False where the other side has ended. A number, whose meaning the two sides know, and perhaps a descriptor.
[[nodiscard]] bool send_message(int channel, int number, int fd = -1);

struct Received {
  int number = 0;
  FileDescriptor fd;
};
/// Waits; nothing where the other side has ended.
[[nodiscard]] std::optional<Received> receive_message(int channel);

}  // namespace zonecopy::supervise
